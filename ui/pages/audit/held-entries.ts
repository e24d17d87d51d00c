/** The entries of the audit log that a page holds: the latest, and as many older ones as were asked for. */
import type { AuditEntry } from '../../../engine/protocol/administration.ts';

export type HeldEntries = {
  /** The latest first. */ readonly entries: readonly AuditEntry[];
  /** There are no older ones. */ readonly isWhole: boolean;
};

/**
 * Takes the latest entries in front of what is held.
 * @param page how many are asked for at once: fewer are the last
 */
export function takeLatest(held: HeldEntries | undefined, latest: readonly AuditEntry[], page: number): HeldEntries {
  const known = new Set(held?.entries.map(({ id }) => id));
  // More came than one page holds: between the two some would be missing, without a gap to see.
  if (!held || !latest.some(({ id }) => known.has(id))) return { entries: latest, isWhole: latest.length < page };
  return { entries: [...latest.filter(({ id }) => !known.has(id)), ...held.entries], isWhole: held.isWhole };
}

/** Takes the page behind what is held. */
export function takeOlder({ entries }: HeldEntries, older: readonly AuditEntry[], page: number): HeldEntries {
  return { entries: [...entries, ...older], isWhole: older.length < page };
}
