/**
 * What taking events in costs, from a frame's bytes to the disk, against the least that any store on this disk could do.
 * Every round measures all ways one after the other on the same frames and new files; the middle of the rounds
 * counts, and the ratios are of one round, so that a slow minute of the machine is slow for all of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch, BatchItem } from '../../engine/pool/batch.ts';
import { createPool } from '../../engine/pool/pool.ts';
import { prepareBatch } from '../../engine/pool/prepare-batch.ts';
import { encodeFrame } from '../../engine/protocol/codec/frame.ts';
import type { Frame } from '../../engine/protocol/events.ts';
import { unpackChanges } from '../../engine/rollup/packed-changes.ts';
import { openForWriting } from '../../engine/store/sqlite/open-database.ts';
import { openSqliteStore } from '../../engine/store/sqlite/sqlite-store.ts';
import type { Store } from '../../engine/store/store.ts';
import { FRAMES_PER_BATCH, type Made, MOVES_PER_FRAME, makeBatches, RECORDS, SESSIONS } from './frame-batches.ts';
import { machineNow, markdownTable, median, progress, writeBetweenMarkers } from './report.ts';

const ROUNDS = 3;
const BATCHES = 192;
/** Taken first and not timed. */
const WARM_UP_BATCHES = 8;
const BATCHES_IN_FLIGHT = 4;
const NEVER_MS = 86_400_000;

const bytesOf = ({ bytes }: Batch, { offset, length }: BatchItem): Uint8Array => bytes.subarray(offset, offset + length);

/** One way of taking batches in, opened in an empty folder. */
type Way = {
  readonly take: (made: Made) => Promise<void>;
  /** What was put off by taking, to be done within the time. */ readonly settle?: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Opens a way, lets its threads start and its code get warm, and times the rest. @returns frames per second */
async function timed(open: (dataDir: string) => Promise<Way>): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'datalab-bench-'));
  try {
    const way = await open(dataDir);
    const takeAll = async (waiting: Iterable<Made>) => {
      for (const one of waiting) await way.take(one);
    };
    const inFlight = async (given: readonly Made[]) => {
      // One iterator for all: whoever is free takes the next batch.
      const waiting = given.values();
      await Promise.all(Array.from({ length: BATCHES_IN_FLIGHT }, () => takeAll(waiting)));
    };
    await inFlight(batches.slice(0, WARM_UP_BATCHES));
    const startMs = performance.now();
    await inFlight(batches.slice(WARM_UP_BATCHES));
    await way.settle?.();
    const tookMs = performance.now() - startMs;
    await way.close();
    return (BATCHES * FRAMES_PER_BATCH) / (tookMs / 1_000);
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}

/**
 * The least there is to do: the same bytes, frames and changes, one prepared insert each, one durable transaction a batch, the
 * store's own pragmas.
 */
async function openFloor(dataDir: string): Promise<Way> {
  const { db, insertFrames } = openBare(dataDir);
  return {
    take: async (made) => {
      db.exec('BEGIN IMMEDIATE');
      insertFrames(made);
      db.exec('COMMIT');
    },
    close: async () => db.close(),
  };
}

/** The same, with the heat kept up to date in the plain way: one prepared upsert a cell. */
async function openFloorWithSums(dataDir: string): Promise<Way> {
  const { db, insertFrames } = openBare(dataDir);
  db.exec(
    'CREATE TABLE sums (grid TEXT NOT NULL, cell INTEGER NOT NULL, weight INTEGER NOT NULL, PRIMARY KEY (grid, cell)) STRICT, WITHOUT ROWID',
  );
  const upsert = db.prepare('INSERT INTO sums VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET weight = weight + excluded.weight');
  return {
    take: async (made) => {
      db.exec('BEGIN IMMEDIATE');
      insertFrames(made);
      for (const { key, cells, weights } of unpackChanges(made.changes).heat)
        cells.forEach((cell, i) => void upsert.run(key.url, cell, weights[i] ?? 0));
      db.exec('COMMIT');
    },
    close: async () => db.close(),
  };
}

function openBare(dataDir: string) {
  const db = openForWriting(dataDir);
  db.exec('CREATE TABLE bare (id INTEGER PRIMARY KEY, sessionId INTEGER NOT NULL, firstSeq INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT');
  const insert = db.prepare('INSERT INTO bare (sessionId, firstSeq, bytes) VALUES (?, ?, ?)');
  const insertFrames = ({ batch, changes }: Made) => {
    for (const item of batch.items) insert.run(item.session, item.firstSeq, bytesOf(batch, item));
    insert.run(-1, 0, changes);
  };
  return { db, insertFrames };
}

/** What the server does: pool, workers, aggregation, one commit a batch with sums and ledgers. */
async function openPoolAndStore(dataDir: string): Promise<Way> {
  const store = await openSqliteStore({ dataDir });
  const pool = createPool({ store });
  await Promise.all(RECORDS.map((record) => store.openSession(record)));
  return {
    take: async ({ batch }) => {
      const { items } = await pool.submit(batch);
      if (items.some((outcome) => outcome !== 'stored')) throw new Error('a frame was not stored: what was measured is not the way in');
    },
    settle: () => store.fold(),
    close: async () => {
      await pool.close();
      await store.close();
    },
  };
}

/** The store's share of it: prepared batches to durable ones, in its own thread, and what was put off: the fold into the tables. */
async function openStoreAlone(dataDir: string): Promise<Way> {
  const store = await openSqliteStore({ dataDir });
  return { ...(await takeInto(store)), settle: () => store.fold() };
}

/** What an acknowledgement waits for, and no more. */
async function openAcknowledged(dataDir: string): Promise<Way> {
  return takeInto(await openSqliteStore({ dataDir, foldAfterMs: NEVER_MS, foldAfterBatches: Number.POSITIVE_INFINITY }));
}

async function takeInto(store: Store): Promise<Way> {
  await Promise.all(RECORDS.map((record) => store.openSession(record)));
  return {
    take: async ({ packed }) => {
      const { committed } = await store.commit(packed.slice());
      if (!committed) throw new Error('a batch was not stored: what was measured is not the way in');
    },
    close: () => store.close(),
  };
}

/** A worker's share of it: bytes to all that a commit writes, in one thread, nothing stored. */
async function openPrepare(): Promise<Way> {
  return {
    take: async ({ batch }) => {
      const at = new Int32Array(new SharedArrayBuffer(4));
      const { verdicts } = prepareBatch({ batch, part: [...batch.items.keys()], verdicts: new Map(), at });
      if (verdicts.size > 0) throw new Error('a frame was refused: what was measured is not the way in');
    },
    close: async () => undefined,
  };
}

/** Mean bytes of one event: as a frame, and as JSON with the same header and page once a frame. */
function bytesPerEvent(made: readonly Made[]): readonly (readonly [string, number])[] {
  const frames = made.flatMap((one) => one.frames);
  const mean = (sizeOf: (frame: Frame) => number) =>
    frames.reduce((sum, frame) => sum + sizeOf(frame), 0) / (frames.length * MOVES_PER_FRAME);
  const tuples = ({ events, ...rest }: Frame) => ({
    ...rest,
    events: events.map((event) => (event.kind === 'move' ? [5, event.atMs - rest.startMs, event.x, event.y, event.restMs] : [])),
  });
  return [
    ['frame (binary)', mean((frame) => encodeFrame(frame).length)],
    ['JSON tuples `[kind, ms, x, y, rest]`', mean((frame) => JSON.stringify(tuples(frame)).length)],
    ['JSON objects', mean((frame) => JSON.stringify(frame).length)],
  ];
}

/** In the order of the table. */
const WAYS = {
  floor: { open: openFloor, name: 'floor: bare inserts, one durable transaction a batch' },
  acknowledged: { open: openAcknowledged, name: 'store: prepared batches, until they are acknowledged' },
  store: { open: openStoreAlone, name: 'store: the same, and folded into the tables' },
  sums: { open: openFloorWithSums, name: 'bare inserts, and a bare upsert for each cell of heat' },
  whole: { open: openPoolAndStore, name: 'pool and store: decode, aggregate, commit, fold' },
  aggregate: { open: openPrepare, name: 'decode and aggregate alone, one thread' },
} as const;
type WayName = keyof typeof WAYS;
const NAMES = Object.keys(WAYS) as WayName[];

const machine = machineNow();
const say = progress(ROUNDS * NAMES.length + 1);
say(0, 'making frames');
const batches = makeBatches(WARM_UP_BATCHES + BATCHES);
const rounds: Readonly<Record<WayName, number>>[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const framesPerSec = { floor: 0, acknowledged: 0, store: 0, sums: 0, whole: 0, aggregate: 0 };
  for (const [i, name] of NAMES.entries()) {
    say(round * NAMES.length + i + 1, `round ${round + 1} of ${ROUNDS}: ${name}`);
    framesPerSec[name] = await timed(WAYS[name].open);
  }
  rounds.push(framesPerSec);
}
say(ROUNDS * NAMES.length + 1, 'done');

const inWords = (perSec: number) => Math.round(perSec).toLocaleString('en');
const speeds = markdownTable(
  ['way', 'frames/s', 'events/s', 'of the floor'],
  NAMES.map((name) => {
    const framesPerSec = median(rounds.map((round) => round[name]));
    const ratio = median(rounds.map((round) => round[name] / round.floor));
    return [WAYS[name].name, inWords(framesPerSec), inWords(framesPerSec * MOVES_PER_FRAME), ratio.toFixed(2)];
  }),
);
const sizes = bytesPerEvent(batches);
const smallest = sizes[0]?.[1] ?? Number.NaN;
const sizeTable = markdownTable(
  ['form', 'bytes/event', 'of a frame'],
  sizes.map(([name, bytes]) => [name, bytes.toFixed(2), (bytes / smallest).toFixed(2)]),
);
const about = `${new Date().toISOString().slice(0, 10)}, ${machine}; ${BATCHES} batches of ${FRAMES_PER_BATCH} frames of ${MOVES_PER_FRAME} moves of ${SESSIONS} sessions on 10 pages, ${BATCHES_IN_FLIGHT} in flight, middle of ${ROUNDS} rounds.`;
const report = `\n${speeds}\n\n${sizeTable}\n\n${about}\n`;
console.log(report);
writeBetweenMarkers(new URL('README.md', import.meta.url), 'ingest.bench.ts', report);
