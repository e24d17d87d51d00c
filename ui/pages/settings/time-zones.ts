/** Time zones as this browser knows them. */

/** All by name; UTC, which browsers leave out, first. */
export const timeZones = (): readonly string[] => ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];

/** True if times can be told in it. Offsets are none: they have no summer. */
export function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat(undefined, { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** What time it is there, with its distance from UTC. @param atMs epoch ms */
export const timeIn = (timeZone: string, atMs: number): string =>
  new Intl.DateTimeFormat(undefined, {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'shortOffset',
  }).format(atMs);
