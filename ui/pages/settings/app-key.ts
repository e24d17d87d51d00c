/** What a new app's key is suggested to be: its name, with only what a key may hold. */
const KEY_MAX_CHARS = 40;

/** @returns '' where nothing of the name can stand in a key */
export function suggestKey(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/ß/g, 'ss')
    .toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, KEY_MAX_CHARS)
    .replace(/^-+|-+$/g, '');
}
