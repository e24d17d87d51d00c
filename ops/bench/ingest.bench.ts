/**
 * What taking events in costs, from a frame's bytes to the disk, against the least that any store on this disk could do.
 * Every round measures all three ways one after the other on the same frames and new files; the middle of the rounds
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
import { openForWriting } from '../../engine/store/sqlite/open-database.ts';
import { openSqliteStore } from '../../engine/store/sqlite/sqlite-store.ts';
import { FRAMES_PER_BATCH, type Made, MOVES_PER_FRAME, makeBatches, RECORDS, SESSIONS } from './frame-batches.ts';
import { machineNow, markdownTable, median, progress, writeBetweenMarkers } from './report.ts';

const ROUNDS = 3;
const BATCHES = 192;
/** Taken first and not timed. */
const WARM_UP_BATCHES = 8;
const BATCHES_IN_FLIGHT = 4;

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
  const db = openForWriting(dataDir);
  db.exec('CREATE TABLE bare (id INTEGER PRIMARY KEY, sessionId INTEGER NOT NULL, firstSeq INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT');
  const insert = db.prepare('INSERT INTO bare (sessionId, firstSeq, bytes) VALUES (?, ?, ?)');
  return {
    take: async ({ batch, changes }) => {
      db.exec('BEGIN IMMEDIATE');
      for (const item of batch.items) insert.run(item.session, item.firstSeq, bytesOf(batch, item));
      insert.run(-1, 0, changes);
      db.exec('COMMIT');
    },
    close: async () => db.close(),
  };
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

/** The store's share of it: prepared batches to durable ones, in its own thread. */
async function openStoreAlone(dataDir: string): Promise<Way> {
  const store = await openSqliteStore({ dataDir });
  await Promise.all(RECORDS.map((record) => store.openSession(record)));
  return {
    take: async ({ packed }) => {
      const { committed } = await store.commit(packed.slice());
      if (!committed) throw new Error('a batch was not stored: what was measured is not the way in');
    },
    settle: () => store.fold(),
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

const machine = machineNow();
const say = progress(ROUNDS * 4 + 1);
say(0, 'making frames');
const batches = makeBatches(WARM_UP_BATCHES + BATCHES);
type Round = { readonly floor: number; readonly store: number; readonly whole: number; readonly aggregate: number };
const rounds: Round[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const name = (what: string) => `round ${round + 1} of ${ROUNDS}: ${what}`;
  say(4 * round + 1, name('bare inserts'));
  const floor = await timed(openFloor);
  say(4 * round + 2, name('store'));
  const store = await timed(openStoreAlone);
  say(4 * round + 3, name('pool and store'));
  const whole = await timed(openPoolAndStore);
  say(4 * round + 4, name('decode and aggregate'));
  rounds.push({ floor, store, whole, aggregate: await timed(openPrepare) });
}
say(4 * ROUNDS + 1, 'done');

const inWords = (perSec: number) => Math.round(perSec).toLocaleString('en');
const row = (name: string, of: keyof (typeof rounds)[number]): string[] => {
  const framesPerSec = median(rounds.map((round) => round[of]));
  const ratio = median(rounds.map((round) => round[of] / round.floor));
  return [name, inWords(framesPerSec), inWords(framesPerSec * MOVES_PER_FRAME), ratio.toFixed(2)];
};
const speeds = markdownTable(
  ['way', 'frames/s', 'events/s', 'of the floor'],
  [
    row('floor: bare inserts, one durable transaction a batch', 'floor'),
    row('store alone: sums, ledgers, commit of prepared batches', 'store'),
    row('pool and store: decode, aggregate, sums, ledgers, commit', 'whole'),
    row('decode and aggregate alone, one thread', 'aggregate'),
  ],
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
