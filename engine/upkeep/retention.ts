/**
 * Deletes what is older than it may be kept, step by step, while everything else goes on.
 *
 *   coverage raised → chunks → sessions → rollups → scrub
 *
 * In this order, so that a run that is cut off anywhere leaves no day that a rebuild would compute from what is left of it.
 */
import { COVERAGE, type Coverage, coverageId } from '../store/coverage.ts';
import { type Expiry, KEPT_KINDS, type KeptKind, type Store } from '../store/store.ts';

const DAY_MS = 86_400_000;

/** Whole days that each kind is kept; null: forever. Chunks no longer than their sessions, which take them along. */
export type Kept = Readonly<Record<KeptKind, number | null>>;

export type RetentionOptions = {
  readonly app: string;
  readonly kept: Kept;
  /** Epoch ms. */ readonly nowMs: number;
  /** After each step. @param removed of this kind so far */
  readonly progress: (expiry: Expiry, removed: number) => void;
  /** Ends the run after the step under way, by throwing its reason: the next run goes on. */ readonly signal?: AbortSignal;
};

export type RetentionOutcome = {
  /** What was deleted of each kind. */ readonly removed: Readonly<Record<KeptKind, number>>;
  /** False if deleted bytes may still be on the disk; null: nothing was deleted. */ readonly scrubbed: boolean | null;
};

/** What is to be deleted: for each bounded kind what is before the day so many days ago, so that nothing goes before its time. */
export function expiriesOf(app: string, kept: Kept, nowMs: number): readonly Expiry[] {
  return KEPT_KINDS.flatMap((kind) => {
    const days = kept[kind];
    return days === null ? [] : [{ app, kind, beforeDay: new Date(nowMs - days * DAY_MS).toISOString().slice(0, 10) }];
  });
}

/** Deletes what of one app is older than it may be kept. May be cut off and run again at any time, also by several nodes at once. */
export async function applyRetention(
  store: Pick<Store, 'readDocument' | 'writeDocument' | 'expireSome' | 'scrub'>,
  { app, kept, nowMs, progress, signal }: RetentionOptions,
): Promise<RetentionOutcome> {
  const expiries = expiriesOf(app, kept, nowMs);
  const removed = { chunks: 0, sessions: 0, rollups: 0 };
  if (expiries.length > 0) await raiseCoverage(store, app, expiries);
  for (const expiry of expiries) {
    for (let done = false; !done; ) {
      signal?.throwIfAborted();
      const step = await store.expireSome(expiry);
      removed[expiry.kind] += step.removed;
      progress(expiry, removed[expiry.kind]);
      done = step.done;
    }
  }
  const anything = Object.values(removed).some((count) => count > 0);
  return { removed, scrubbed: anything ? await store.scrub() : null };
}

/** Notes from which day on the app can be computed again, before anything is deleted. Never lowers what stands there. */
async function raiseCoverage(
  store: Pick<Store, 'readDocument' | 'writeDocument'>,
  app: string,
  expiries: readonly Expiry[],
): Promise<void> {
  const fromDay = latest(expiries.map(({ beforeDay }) => beforeDay));
  const rollupsFromDay = expiries.find(({ kind }) => kind === 'rollups')?.beforeDay;
  for (;;) {
    const before = await store.readDocument(COVERAGE, coverageId(app));
    const was = before?.value as Coverage | undefined;
    const keptFrom = latest([was?.rollupsFromDay ?? '', rollupsFromDay ?? '']);
    const value: Coverage = { fromDay: latest([was?.fromDay ?? '', fromDay]), ...(keptFrom !== '' && { rollupsFromDay: keptFrom }) };
    if (was && was.fromDay === value.fromDay && was.rollupsFromDay === value.rollupsFromDay) return;
    if (await store.writeDocument({ kind: COVERAGE, id: coverageId(app), ifRevision: before?.revision ?? 0, value })) return;
  }
}

/** Of days as `YYYY-MM-DD`; '' is before all. */
function latest(days: readonly string[]): string {
  return days.reduce((a, b) => (a > b ? a : b), '');
}
