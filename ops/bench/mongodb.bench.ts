/**
 * What a commit of the MongoDB store costs, against the least that the same server could do: the same frames by bare `insertMany`.
 * Every round measures all ways one after the other on the same frames and a new database; the middle of the rounds counts, and
 * the ratios are of one round, so that a slow minute of the machine is slow for all of them.
 *
 * DATALAB_TEST_MONGODB_URI: a replica set or mongos that nobody else uses meanwhile, and that waits for its disk.
 */
import { Binary, type IndexDescription, MongoClient } from 'mongodb';
import { type ChunkDocument, INDEXES } from '../../engine/store/mongodb/collections.ts';
import { openMongoStore } from '../../engine/store/mongodb/mongo-store.ts';
import { unpackBatch } from '../../engine/store/packed-batch.ts';
import { FRAMES_PER_BATCH, type Made, MOVES_PER_FRAME, makeBatches, RECORDS, SESSIONS } from './frame-batches.ts';
import { machineNow, markdownTable, median, progress, writeBetweenMarkers } from './report.ts';

const ROUNDS = 5;
/** Batches that are given at once and committed as one transaction: as many as a node has in flight. */
const GROUP = 4;
const GROUPS = 12;
/** Taken first and not timed. */
const WARM_UP_GROUPS = 2;
const NEVER_MS = 86_400_000;

/** One way of taking batches in, opened on an empty database. */
type Way = {
  /** Resolves when a majority has them. */ readonly take: (group: readonly Made[]) => Promise<void>;
  /** What was put off by taking, to be done within the time. */ readonly settle?: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const server = process.env['DATALAB_TEST_MONGODB_URI'];
if (!server) {
  console.log('Nothing is measured: DATALAB_TEST_MONGODB_URI names no MongoDB.');
  process.exit(0);
}

/** The least there is to do: a document a frame, in as many commands as the store has transactions. It checks nothing and sums nothing. */
function openFloor(uri: string): Promise<Way> {
  return openInserts(uri, []);
}

/** The same into a collection with the indexes that the store's questions need. */
function openIndexedFloor(uri: string): Promise<Way> {
  return openInserts(uri, INDEXES['chunk'] ?? []);
}

async function openInserts(uri: string, indexes: readonly IndexDescription[]): Promise<Way> {
  const client = await new MongoClient(uri, { writeConcern: { w: 'majority' } }).connect();
  const chunks = await client.db().createCollection<ChunkDocument>('chunk');
  if (indexes.length > 0) await chunks.createIndexes([...indexes]);
  const documents = new Map<readonly Made[], ChunkDocument[]>(groups.map((group) => [group, group.flatMap(documentsOf)]));
  return {
    take: async (group) => void (await chunks.insertMany(documents.get(group) ?? [])),
    close: () => client.close(),
  };
}

/** A batch's frames, a document each. */
function documentsOf({ packed }: Made): ChunkDocument[] {
  return unpackBatch(packed).chunks.map(({ app, session, firstSeq, bytes, ...rest }) => ({
    _id: { app, session, firstSeq },
    ...rest,
    bytes: new Binary(bytes),
  }));
}

/** What a node waits for before it acknowledges: ledgers checked and moved, and the batches appended in one transaction. */
function openCommits(uri: string): Promise<Way> {
  return openStore(uri, NEVER_MS);
}

/** The same with everything folded meanwhile and to the last batch. */
function openCommitsAndRollups(uri: string): Promise<Way> {
  return openStore(uri);
}

async function openStore(uri: string, foldAfterMs?: number): Promise<Way> {
  const store = await openMongoStore({
    uri,
    ...(foldAfterMs !== undefined && { foldAfterMs, foldAfterBatches: Number.POSITIVE_INFINITY }),
  });
  await Promise.all(RECORDS.map((record) => store.openSession(record)));
  return {
    take: async (group) => {
      const outcomes = await Promise.all(group.map(({ packed }) => store.commit(packed.slice())));
      if (!outcomes.every(({ committed }) => committed)) throw new Error('a batch was not stored: what was measured is not the way in');
    },
    ...(foldAfterMs === undefined && { settle: () => store.fold() }),
    close: () => store.close(),
  };
}

let databases = 0;

/** Opens a way, lets its code get warm, and times the rest. @returns frames per second */
async function timed(open: (uri: string) => Promise<Way>): Promise<number> {
  const address = new URL(server ?? '');
  address.pathname = `/datalab_bench_${process.pid}_${databases++}`;
  const way = await open(address.href);
  for (const group of groups.slice(0, WARM_UP_GROUPS)) await way.take(group);
  await way.settle?.();
  const startMs = performance.now();
  for (const group of groups.slice(WARM_UP_GROUPS)) await way.take(group);
  await way.settle?.();
  const tookMs = performance.now() - startMs;
  await way.close();
  const client = await new MongoClient(address.href).connect();
  await client.db().dropDatabase();
  await client.close();
  return (GROUPS * GROUP * FRAMES_PER_BATCH) / (tookMs / 1_000);
}

const WAYS = [
  { name: 'floor: bare insertMany of the same frames', open: openFloor },
  { name: 'the same, with the indexes of the store', open: openIndexedFloor },
  { name: 'store: commits, until they are acknowledged', open: openCommits },
  { name: 'store: commits, and all of it folded', open: openCommitsAndRollups },
] as const;

const machine = machineNow();
const say = progress(ROUNDS * WAYS.length + 1);
say(0, 'making frames');
const batches = makeBatches((WARM_UP_GROUPS + GROUPS) * GROUP);
const groups = Array.from({ length: WARM_UP_GROUPS + GROUPS }, (_, i) => batches.slice(i * GROUP, (i + 1) * GROUP));

/** By round, then by way: frames per second. */
const rounds: number[][] = [];
for (let round = 0; round < ROUNDS; round++) {
  const speeds: number[] = [];
  for (const [i, { name, open }] of WAYS.entries()) {
    say(round * WAYS.length + i + 1, `round ${round + 1} of ${ROUNDS}: ${name}`);
    speeds.push(await timed(open));
  }
  rounds.push(speeds);
}
say(ROUNDS * WAYS.length + 1, 'done');

const inWords = (perSec: number) => Math.round(perSec).toLocaleString('en');
const table = markdownTable(
  ['way', 'frames/s', 'events/s', 'of the floor'],
  WAYS.map(({ name }, way) => {
    const framesPerSec = median(rounds.map((speeds) => speeds[way] ?? Number.NaN));
    const ratio = median(rounds.map((speeds) => (speeds[way] ?? Number.NaN) / (speeds[0] ?? Number.NaN)));
    return [name, inWords(framesPerSec), inWords(framesPerSec * MOVES_PER_FRAME), ratio.toFixed(2)];
  }),
);
const about = `${new Date().toISOString().slice(0, 10)}, ${machine}; ${GROUPS} groups of ${GROUP} batches of ${FRAMES_PER_BATCH} frames of ${MOVES_PER_FRAME} moves of ${SESSIONS} sessions on 10 pages, one group at a time, middle of ${ROUNDS} rounds.`;
const report = `\n${table}\n\n${about}\n`;
console.log(report);
writeBetweenMarkers(new URL('README.md', import.meta.url), 'mongodb.bench.ts', report);
