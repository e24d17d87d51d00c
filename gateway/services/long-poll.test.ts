import { beforeEach, expect, it } from 'vitest';
import { SimulatedClock } from '../../engine/clock/simulated-clock.ts';
import { createServer } from '../http/server.ts';
import { POLL_WAIT_MS } from './call.ts';
import { Changes } from './changes.ts';
import { longPoll } from './long-poll.ts';

let clock: SimulatedClock;
let changes: Changes;
let value: string;
let server: ReturnType<typeof createServer>;
/** While `value` is read. */
let onRead: () => void;

beforeEach(async () => {
  clock = new SimulatedClock();
  changes = new Changes(clock);
  value = 'first';
  onRead = () => {};
  server = createServer({ logLevel: 'silent' });
  longPoll(server, 'config', {
    changes,
    properties: { value: { type: 'string' } },
    read: async () => {
      onRead();
      return { value, secret: 'not in the schema' };
    },
  });
  await server.ready();
});

const poll = async (query = '') => {
  const answer = await server.inject(`/internal/config/all${query}`);
  return { status: answer.statusCode, ...(answer.json() as { version: number; value: string }) };
};
/** Asks as one who has the latest; resolves once the question waits. */
async function wait(waitMs = POLL_WAIT_MS) {
  const before = clock.pending;
  const asked = poll(`?after=${changes.version}&waitMs=${waitMs}`);
  while (clock.pending === before) await new Promise<void>((resolve) => setImmediate(resolve));
  return { asked };
}

it('without a version the answer comes at once, as with one of before or of another process', async () => {
  const { version } = await poll();
  expect(await poll()).toEqual({ status: 200, version, value: 'first' });
  for (const other of [0, version - 1, version + 1]) expect(await poll(`?after=${other}&waitMs=20000`)).toMatchObject({ version });
  expect(clock.pending).toBe(0);
});

it('with the latest it comes at a change: to all who wait', async () => {
  const { version } = await poll();
  const waiting = [await wait(), await wait(), await wait()];
  value = 'second';
  changes.bump();
  for (const { asked } of waiting) {
    const told = await asked;
    expect(told.value).toBe('second');
    expect(told.version).toBeGreaterThan(version);
  }
  expect(clock.pending).toBe(0);
});

it('else at the end of the wait, with the version that one has', async () => {
  const { version } = await poll();
  const { asked } = await wait(20_000);
  clock.advance(19_999);
  expect(clock.pending).toBe(1);
  clock.advance(1);
  expect(await asked).toEqual({ status: 200, version, value: 'first' });
  expect(clock.pending).toBe(0);
  // Without a time to wait there is none.
  expect(await poll(`?after=${version}`)).toMatchObject({ version });
});

it('a change between version and reading is told once more rather than never', async () => {
  const { version } = await poll();
  onRead = () => changes.bump();
  const told = await poll();
  onRead = () => {};
  expect(told.version).toBe(version);
  expect((await poll(`?after=${told.version}&waitMs=20000`)).version).toBeGreaterThan(version);
});

it('each change has a version of its own, also within a millisecond or after the clock stepped back', () => {
  const versions = [changes.version];
  for (const stepMs of [0, 0, -60_000, 0, 120_000]) {
    clock.stepWall(stepMs);
    changes.bump();
    versions.push(changes.version);
  }
  expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
});

it('who waits while the process ends is answered, and nothing is left', async () => {
  const { asked } = await wait();
  await server.close();
  expect((await asked).status).toBe(200);
  expect(clock.pending).toBe(0);
});

it.each(['after=-1', 'after=x', 'after=1.5', `waitMs=${POLL_WAIT_MS + 1}`, 'waitMs=-1', 'since=1', 'after=1&after=2', 'after[$gt]=1'])(
  'what makes no sense is refused: %s',
  async (query) => {
    expect(await poll(`?${query}`)).toMatchObject({ status: 400, code: 'query-invalid' });
  },
);
