/**
 * Recomputes every rollup from what it came from, day by day, while everything else goes on: a day's kept rollups and its
 * chunks are read as of one moment, and only what they differ by is added. Additions commute with those of the commits
 * that happen meanwhile.
 */
import { DatalabError } from '../errors/errors.ts';
import type { DayComparison, Store } from '../store/store.ts';

const KIND = 'rebuild';
const ID = 'rollups';

/** Kept after each day, so that a rebuild that was cut off goes on where it was. */
type Progress = { readonly run: string; readonly doneThrough: string | null; readonly finished: boolean };

export type RebuildOptions = {
  /** Compare only; nothing is written. */ readonly verifyOnly: boolean;
  /** Names this run: when another one begins, this one stops before it writes again. */ readonly run: string;
  /** After each day. @param share 0…1 of the days */
  readonly progress: (comparison: DayComparison, share: number) => void;
};

export type RebuildOutcome = {
  readonly days: number;
  readonly chunks: number;
  readonly events: number;
  readonly rows: number;
  readonly differing: number;
  /** The day after which an interrupted run was taken up. */ readonly resumedAfter: string | null;
};

/**
 * Compares every day, and unless it is to verify only, corrects it.
 * @throws DatalabError `rebuild-taken-over` when another run began meanwhile: what this one did so far is right and stays
 */
export async function rebuildRollups(
  store: Pick<Store, 'rollupDays' | 'compareDay' | 'applyChanges' | 'readDocument' | 'writeDocument' | 'fold'>,
  options: RebuildOptions,
): Promise<RebuildOutcome> {
  const begun = options.verifyOnly ? null : await begin(store, options.run);
  const resumedAfter = begun?.doneThrough ?? null;
  const days = (await store.rollupDays()).filter((day) => resumedAfter === null || day > resumedAfter);
  const sums = { days: 0, chunks: 0, events: 0, rows: 0, differing: 0 };
  let revision = begun?.revision ?? 0;
  for (const day of days) {
    const comparison = await store.compareDay(day);
    if (begun) {
      const value: Progress = { run: options.run, doneThrough: day, finished: day === days.at(-1) };
      const mark = { kind: KIND, id: ID, ifRevision: revision, value };
      if (!(await store.applyChanges(comparison.corrections, mark))) {
        throw new DatalabError('rebuild-taken-over', `Another rebuild began; this one stopped before ${day}.`);
      }
      revision++;
    }
    sums.days++;
    sums.chunks += comparison.chunks;
    sums.events += comparison.events;
    sums.rows += comparison.rows;
    sums.differing += comparison.differing;
    options.progress(comparison, sums.days / days.length);
  }
  if (begun) await store.fold();
  return { ...sums, resumedAfter };
}

/** Takes the rebuild over: its document gets this run's name before this run reads anything. */
async function begin(store: Pick<Store, 'readDocument' | 'writeDocument'>, run: string) {
  for (;;) {
    const before = await store.readDocument(KIND, ID);
    const progress = before?.value as Progress | undefined;
    const doneThrough = progress && !progress.finished ? progress.doneThrough : null;
    const revision = before?.revision ?? 0;
    const value: Progress = { run, doneThrough, finished: false };
    if (await store.writeDocument({ kind: KIND, id: ID, ifRevision: revision, value })) return { revision: revision + 1, doneThrough };
  }
}
