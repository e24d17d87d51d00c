/** How numbers, times and addresses are written, everywhere: by Intl, in the reader's language and time zone. */

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const dayClock = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
/** A count, with its thousands apart. */
export const formatCount = (value: number): string => whole.format(value);
/** A rate or a mean: one digit behind the point. */
export const formatRate = (value: number): string => short.format(value);
/** A large number where room is scarce: 12.3K. */
export const formatCompact = (value: number): string => compact.format(value);
/** Bytes in the largest unit that keeps a whole digit: `126 B`, `12.6 kB`, `3 MB`. Intl's own writes 12600 as 13KB. */
export function formatBytes(value: number): string {
  const power = value < 1_000 ? 0 : value < 1_000_000 ? 1 : 2;
  return `${short.format(value / 1_000 ** power)} ${['B', 'kB', 'MB'][power]}`;
}
/** Time of day with seconds. @param atMs epoch ms */
export const formatClock = (atMs: number): string => clock.format(atMs);
/** Day and time of day. @param atMs epoch ms */
export const formatDay = (atMs: number): string => dayClock.format(atMs);
/** The reader's time zone, shown once beside the range. */
export const timeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A duration in its two largest units: `850 ms`, `4.2 s`, `3 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.floor(ms / 1000);
  if (ms < 10_000) return `${short.format(ms / 1000)} s`;
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, 'min', seconds % 60, 's');
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? pair(hours, 'h', minutes % 60, 'min') : pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** How long ago, in its largest unit: `12 s ago`, `4 min ago`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(1, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 86_400)} d ago`;
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** A position in a recording: `3:07`, `1:02:45`. @param ms from its start */
export function formatPosition(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** An address without its scheme; the host only where it matters. Anything that is no address is returned as it is. */
export function formatUrl(url: string, parts: 'path' | 'whole' = 'whole'): string {
  try {
    const { host, pathname, hash } = new URL(url);
    return parts === 'path' ? pathname + hash : host + (pathname === '/' ? '' : pathname) + hash;
  } catch {
    return url;
  }
}

/** The site of an address. Anything that is no address is returned as it is. */
export const formatHost = (url: string): string => URL.parse(url)?.host ?? url;

/** The end of an id: enough to tell neighbours apart (UUIDv7 differ at the end, not at the start). */
export const formatId = (id: string): string => (id.length > 12 ? `…${id.slice(-8)}` : id);
