/**
 * What reading a session for replay costs, against a bare indexed read of the same bytes. Both ways are asked in turn, many
 * times; the middle of the ratios counts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packBatch, unpackBatch } from '../../engine/store/packed-batch.ts';
import { openForWriting } from '../../engine/store/sqlite/open-database.ts';
import { openSqliteStore } from '../../engine/store/sqlite/sqlite-store.ts';
import { FRAMES_PER_BATCH, MOVES_PER_FRAME, makeBatches, RECORDS, SESSIONS } from './frame-batches.ts';
import { machineNow, markdownTable, median, progress, writeBetweenMarkers } from './report.ts';

const EVENTS = 10_000;
const ROUNDS = 101;
const FRAMES_OF_A_SESSION = FRAMES_PER_BATCH / SESSIONS;
const BATCHES = Math.ceil(EVENTS / MOVES_PER_FRAME / FRAMES_OF_A_SESSION);
/** Frames of a session that come between two folds, as of one that sends a frame a second. */
const FRAMES_PER_FOLD = 2;

const machine = machineNow();
const say = progress(BATCHES + ROUNDS + 1);
const [asked] = RECORDS;
if (!asked) throw new Error('there is no session to read');
const dataDir = mkdtempSync(join(tmpdir(), 'datalab-bench-'));
const bareDir = mkdtempSync(join(tmpdir(), 'datalab-bench-'));
const store = await openSqliteStore({ dataDir });
const bare = openForWriting(bareDir);
bare.exec('CREATE TABLE bare (id INTEGER PRIMARY KEY, sessionId INTEGER NOT NULL, firstSeq INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT');
bare.exec('CREATE UNIQUE INDEX bare_order ON bare (sessionId, firstSeq)');
const insert = bare.prepare('INSERT INTO bare (sessionId, firstSeq, bytes) VALUES (?, ?, ?)');
await Promise.all(RECORDS.map((record) => store.openSession(record)));

const batches = makeBatches(BATCHES);
for (const [i, { packed }] of batches.entries()) {
  say(i, 'storing sessions');
  const batch = unpackBatch(packed);
  for (let from = 0; from < FRAMES_PER_BATCH; from += SESSIONS * FRAMES_PER_FOLD) {
    const chunks = batch.chunks.slice(from, from + SESSIONS * FRAMES_PER_FOLD);
    const sessions = batch.sessions.map((advance) => ({
      ...advance,
      frames: chunks
        .filter(({ session }) => session === advance.session)
        .map(({ firstSeq, count }) => ({ firstSeq, count, baseSeq: firstSeq })),
    }));
    const { committed } = await store.commit(packBatch({ ...batch, sessions, chunks, changes: new Uint8Array() }));
    if (!committed) throw new Error('a batch was not stored: what would be read is not what was meant');
    await store.fold();
    bare.exec('BEGIN IMMEDIATE');
    for (const { session, firstSeq, bytes } of chunks) insert.run(Number(session.slice(1)), firstSeq, bytes);
    bare.exec('COMMIT');
  }
}

const select = bare.prepare('SELECT bytes FROM bare WHERE sessionId = 0 ORDER BY firstSeq');
const ways = {
  bare: () => select.all().length,
  store: async () => (await store.readChunks(asked.app, asked.session)).length,
};
const tookMs = async (way: () => number | Promise<number>): Promise<number> => {
  const startMs = performance.now();
  if ((await way()) * MOVES_PER_FRAME < EVENTS) throw new Error('some of the session is missing');
  return performance.now() - startMs;
};
const rounds: { readonly bare: number; readonly store: number }[] = [];
for (let round = 0; round < ROUNDS; round++) {
  say(BATCHES + round, 'reading');
  rounds.push({ bare: await tookMs(ways.bare), store: await tookMs(ways.store) });
}
await store.close();
bare.close();
for (const dir of [dataDir, bareDir]) rmSync(dir, { recursive: true });
say(BATCHES + ROUNDS + 1, 'done');

const row = (name: string, of: 'bare' | 'store'): string[] => [
  name,
  median(rounds.map((round) => round[of])).toFixed(2),
  median(rounds.map((round) => round[of] / round.bare)).toFixed(2),
];
const table = markdownTable(
  ['way', 'ms', 'of the bare read'],
  [row('bare indexed read, same thread', 'bare'), row('store: `readChunks`, from the reader’s thread', 'store')],
);
const about = `${new Date().toISOString().slice(0, 10)}, ${machine}; one session of ${EVENTS.toLocaleString('en')} events in ${EVENTS / MOVES_PER_FRAME} frames among ${SESSIONS}, folded every ${FRAMES_PER_FOLD} frames, middle of ${ROUNDS} reads.`;
const report = `\n${table}\n\n${about}\n`;
console.log(report);
writeBetweenMarkers(new URL('README.md', import.meta.url), 'replay.bench.ts', report);
