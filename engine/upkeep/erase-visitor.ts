/**
 * Erases one visitor everywhere in the store, and proves it.
 *
 *   (erase until a whole pass finds nothing) → add up → scrub → look again → note for auditors
 *
 * It may be cut off and run again at any time: each step takes what it deletes out of the rollups in the same transaction.
 */
import { createHash } from 'node:crypto';
import { COVERAGE, type Coverage, coverageId, EVERY_APP } from '../store/coverage.ts';
import type { Erased, Store } from '../store/store.ts';

/** Kind of the store's own note of an erasure, under the report's id. */
export const ERASURE = 'erasure';
/** A visitor whose tab is open may write between two passes. One who still does after so many is not chased further. */
const PASSES_MAX = 10;
/** Most sessions that are looked up at once, and that the last look counts. */
const PAGE = 1_000;

export type EraseOptions = {
  readonly app: string;
  readonly visitor: string;
  /** Names this erasure, a UUID. */ readonly id: string;
  /** Who asked for it. */ readonly requestedBy: string;
  readonly reason?: string;
  /** Of datalab. */ readonly version: string;
  /** Epoch ms. */ readonly now: () => number;
  /** After each step. @param events erased so far @param of how many there were at the beginning */
  readonly progress: (events: number, of: number) => void;
};

/** What was done about a visitor: given to who asked, kept by who must be able to show it. Plain JSON. */
export type ErasureReport = {
  readonly version: 1;
  readonly id: string;
  readonly app: string;
  readonly visitor: string;
  readonly requestedBy: string;
  readonly reason?: string;
  /** Epoch ms. */ readonly startedMs: number;
  readonly finishedMs: number;
  readonly datalab: string;
  readonly erased: ErasedCounts;
  readonly rollups: {
    readonly counts: 'taken away';
    /** UTC day; null: all days. What events of earlier days had counted stays, as far as they had expired before. */
    readonly fromDay: string | null;
    /** Chunks and visits whose counts could not be taken away. */ readonly uncounted: number;
    readonly means: string;
  };
  /** What a last look found; anything but zeros says that the visitor came back meanwhile. Sessions are counted to 1,000. */
  readonly remaining: { readonly visits: number; readonly sessions: number };
  /** False if deleted bytes may still be on the disk. */ readonly scrubbed: boolean;
  /** What stays, by design or out of reach. */ readonly stays: readonly string[];
};

type Counts = Omit<Erased, 'done'>;
type ErasedCounts = Omit<Counts, 'uncounted'>;

/** The note that stays in the store. It does not name the visitor: who has the id can compute the hash, nobody the reverse. */
export type ErasureNote = Omit<ErasureReport, 'visitor'> & {
  /** Hex SHA-256 of app, a newline, and the visitor's id. */ readonly visitorSha256: string;
};

const NOTHING: Counts = { visits: 0, sessions: 0, chunks: 0, events: 0, endings: 0, setAside: 0, uncounted: 0 };
const ROLLUPS_MEAN =
  'Rollups are sums and name nobody. What this visitor had added is taken away, with two exceptions. Before `fromDay` events may have expired: what they had counted cannot be told from the rest any more. `uncounted` chunks and visits were erased now, but the rollups of their days had expired, or it was not known any more what they had counted.';
const STAYS = [
  'rollups: sums over all visitors of a day, without any identity; what this visitor had added is taken away as said under `rollups`',
  'page layouts: boxes of a page and their text as masked in the browser, without any identity',
  'this erasure: a note of its date, reason and counts, with a hash in place of the visitor’s id',
  'not reached: backups, exported files and log files, wherever they are kept',
];

/**
 * Erases a visitor. One of whom nothing is there gives a report of zeros.
 * @returns the report; `remaining` is not zero if the visitor came back faster than it could be erased
 */
export async function eraseVisitor(
  store: Pick<Store, 'walkSessions' | 'listVisits' | 'eraseSome' | 'fold' | 'scrub' | 'readDocument' | 'writeDocument'>,
  options: EraseOptions,
): Promise<ErasureReport> {
  const { app, visitor, id, requestedBy, reason, version, now, progress } = options;
  const startedMs = now();
  const events = await storedEvents(store, app, visitor);
  const { uncounted, ...erased } = await eraseAll(store, app, visitor, (sofar) => progress(sofar, events));
  // Changes that wait to be added up name the visitor's pages.
  await store.fold();
  const scrubbed = await store.scrub();
  const report: ErasureReport = {
    version: 1,
    id,
    app,
    visitor,
    requestedBy,
    ...(reason !== undefined && { reason }),
    startedMs,
    finishedMs: now(),
    datalab: version,
    erased,
    rollups: { counts: 'taken away', fromDay: await firstWholeDay(store, app), uncounted, means: ROLLUPS_MEAN },
    remaining: await remaining(store, app, visitor),
    scrubbed,
    stays: STAYS,
  };
  await store.writeDocument({ kind: ERASURE, id, ifRevision: 0, value: noteOf(report) });
  return report;
}

/** Pass after pass, until one finds nothing. @returns what was taken away, in all */
async function eraseAll(
  store: Pick<Store, 'eraseSome'>,
  app: string,
  visitor: string,
  progress: (events: number) => void,
): Promise<Counts> {
  let all = NOTHING;
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const before = all;
    for (let done = false; !done; ) {
      const step = await store.eraseSome(app, visitor);
      all = sum(all, step);
      progress(all.events);
      done = step.done;
    }
    if (countOf(all) === countOf(before)) break;
  }
  return all;
}

function sum(a: Counts, b: Counts): Counts {
  return {
    visits: a.visits + b.visits,
    sessions: a.sessions + b.sessions,
    chunks: a.chunks + b.chunks,
    events: a.events + b.events,
    endings: a.endings + b.endings,
    setAside: a.setAside + b.setAside,
    uncounted: a.uncounted + b.uncounted,
  };
}

function countOf(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** How many events there are to erase, for the progress alone. */
async function storedEvents(store: Pick<Store, 'walkSessions'>, app: string, visitor: string): Promise<number> {
  let events = 0;
  let page = await store.walkSessions({ app, visitor, limit: PAGE });
  while (page.length > 0) {
    for (const session of page) events += session.events;
    const after = page.at(-1);
    page = after ? await store.walkSessions({ app, visitor, after, limit: PAGE }) : [];
  }
  return events;
}

/** From which day on nothing of the app has expired; null if nothing ever did. */
async function firstWholeDay(store: Pick<Store, 'readDocument'>, app: string): Promise<string | null> {
  const documents = await Promise.all([EVERY_APP, coverageId(app)].map((id) => store.readDocument(COVERAGE, id)));
  const days = documents.map((document) => (document?.value as Coverage | undefined)?.fromDay ?? '');
  return days.sort().at(-1) || null;
}

async function remaining(store: Pick<Store, 'walkSessions' | 'listVisits'>, app: string, visitor: string) {
  const sessions = await store.walkSessions({ app, visitor, limit: PAGE });
  const { total } = await store.listVisits({ app, visitor, limit: 1 });
  return { visits: total, sessions: sessions.length };
}

function noteOf({ visitor, ...report }: ErasureReport): ErasureNote {
  const visitorSha256 = createHash('sha256').update(`${report.app}\n${visitor}`).digest('hex');
  const { requestedBy, reason } = report;
  // People write ids into reasons.
  const unnamed = (text: string) => text.replaceAll(visitor, visitorSha256);
  return { ...report, requestedBy: unnamed(requestedBy), ...(reason !== undefined && { reason: unnamed(reason) }), visitorSha256 };
}
