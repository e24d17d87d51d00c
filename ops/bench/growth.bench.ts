/**
 * Whether a full store takes batches as fast as an empty one: what a batch costs when few events are stored and when many are, each
 * time against bare inserts of the same bytes beside it, so that a slow minute of the machine is no growth.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AT } from '../../engine/store/fixtures/records.ts';
import { unpackBatch } from '../../engine/store/packed-batch.ts';
import { DATABASE_FILE, openForWriting } from '../../engine/store/sqlite/open-database.ts';
import { openSqliteStore } from '../../engine/store/sqlite/sqlite-store.ts';
import { FRAMES_PER_BATCH, type Made, MOVES_PER_FRAME, makeBatches, recordsOf, SESSIONS } from './frame-batches.ts';
import { machineNow, markdownTable, median, progress, writeBetweenMarkers } from './report.ts';

const EVENTS_PER_BATCH = FRAMES_PER_BATCH * MOVES_PER_FRAME;
const FEW_EVENTS = 100_000;
const MANY_EVENTS = 10_000_000;
/** Batches that the same sessions send, then others come: 128 frames a session. */
const GENERATION = 16;
/** Forty generations, four a day, are ten days of rollups; and so on. */
const GENERATION_MS = 6 * 3_600_000;
const BATCHES_IN_FLIGHT = 4;
/** Generations that are timed, each against the floor: the middle counts. */
const TIMED = 7;

const machine = machineNow();
const generations = Math.ceil(MANY_EVENTS / EVENTS_PER_BATCH / GENERATION) + TIMED;
const say = progress(generations);
const dataDir = mkdtempSync(join(tmpdir(), 'datalab-bench-'));
const bareDir = mkdtempSync(join(tmpdir(), 'datalab-bench-'));
const store = await openSqliteStore({ dataDir });
const bare = openForWriting(bareDir);
bare.exec('CREATE TABLE bare (id INTEGER PRIMARY KEY, firstSeq INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT');
const insert = bare.prepare('INSERT INTO bare (firstSeq, bytes) VALUES (?, ?)');

/** @returns ms a batch, what was put off included */
async function takeAll(made: readonly Made[]): Promise<number> {
  const startMs = performance.now();
  const waiting = made.values();
  const takeSome = async () => {
    for (const { packed } of waiting) {
      if (!(await store.commit(packed.slice())).committed) throw new Error('a batch was not stored: what was measured is not the way in');
    }
  };
  await Promise.all(Array.from({ length: BATCHES_IN_FLIGHT }, takeSome));
  await store.fold();
  return (performance.now() - startMs) / made.length;
}

function insertAll(made: readonly Made[]): number {
  const batches = made.map(({ packed }) => unpackBatch(packed));
  const startMs = performance.now();
  for (const { chunks, changes } of batches) {
    bare.exec('BEGIN IMMEDIATE');
    for (const { firstSeq, bytes } of chunks) insert.run(firstSeq, bytes);
    insert.run(0, changes);
    bare.exec('COMMIT');
  }
  const tookMs = (performance.now() - startMs) / made.length;
  // Always as empty as at first: it is the store that grows.
  bare.exec('DELETE FROM bare; PRAGMA wal_checkpoint(TRUNCATE)');
  return tookMs;
}

type Window = { readonly events: number; readonly bytes: number; readonly storeMs: number; readonly ratio: number };
let events = 0;
let timed: { readonly storeMs: number; readonly ratio: number }[] = [];
const windows: Window[] = [];
for (let generation = 0; generation < generations; generation++) {
  say(generation, `${(events / 1e6).toFixed(1)} million events stored`);
  const records = recordsOf(generation, AT + generation * GENERATION_MS);
  const made = makeBatches(GENERATION, records);
  await Promise.all(records.map((record) => store.openSession(record)));
  const isTimed = windows.length === 0 ? events >= FEW_EVENTS : events >= MANY_EVENTS;
  const floorMs = isTimed ? insertAll(made) : 0;
  const storeMs = await takeAll(made);
  if (isTimed) timed.push({ storeMs, ratio: storeMs / floorMs });
  await Promise.all(
    records.map(({ app, session, startedMs }) => store.endSession({ app, session, endedMs: startedMs + GENERATION_MS, reason: 'goodbye' })),
  );
  events += GENERATION * EVENTS_PER_BATCH;
  if (timed.length < TIMED) continue;
  const { size } = statSync(join(dataDir, DATABASE_FILE));
  windows.push({
    events,
    bytes: size,
    storeMs: median(timed.map((one) => one.storeMs)),
    ratio: median(timed.map((one) => one.ratio)),
  });
  timed = [];
}
await store.close();
bare.close();
for (const dir of [dataDir, bareDir]) rmSync(dir, { recursive: true });
say(generations, 'done');

const [few] = windows;
const table = markdownTable(
  ['events stored', 'file, MiB', 'ms a batch', 'of bare inserts', 'growth'],
  windows.map((window) => [
    window.events.toLocaleString('en'),
    (window.bytes / 2 ** 20).toFixed(0),
    window.storeMs.toFixed(2),
    window.ratio.toFixed(2),
    (window.ratio / (few?.ratio ?? Number.NaN)).toFixed(2),
  ]),
);
const about = `${new Date().toISOString().slice(0, 10)}, ${machine}; batches of ${EVENTS_PER_BATCH.toLocaleString('en')} events of ${SESSIONS} sessions, others every ${GENERATION} batches, four times a day; middle of ${TIMED} generations up to that many events.`;
const report = `\n${table}\n\n${about}\n`;
console.log(report);
writeBetweenMarkers(new URL('README.md', import.meta.url), 'growth.bench.ts', report);
