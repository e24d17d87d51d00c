const KEY_MAX_CHARS = 64;

/** A key from an app's name, for people to recognize: `Müller & Söhne` → `muller-sohne`. @param attempt 2 and up: `muller-sohne-2` */
export function appKeyOf(name: string, attempt = 1): string {
  const number = attempt === 1 ? '' : `-${attempt}`;
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, KEY_MAX_CHARS - number.length)
    .replace(/^-+|-+$/g, '');
  return `${words || 'app'}${number}`;
}
