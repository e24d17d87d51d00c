import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SimulatedClock } from '../../engine/clock/simulated-clock.ts';
import { DatalabError } from '../../engine/errors/errors.ts';
import type { Expired, Expiry } from '../../engine/store/store.ts';
import { AFTER_MIDNIGHT_MS, AFTER_START_MS, type DailyRetention, RETRY_MS, startDailyRetention } from './daily-retention.ts';
import { keptOf, parseRetention } from './retention-setting.ts';

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 0, 5, 12);

type Step = { readonly expiry: Expiry; readonly answer: (result: Expired | Error) => void };

/** The part of a store that retention asks, whose deleting steps the test answers itself. */
class StepwiseStore {
  readonly steps: Step[] = [];
  asked = 0;
  scrubbed = 0;

  readDocument = async () => null;
  writeDocument = async () => true;
  scrub = async () => {
    this.scrubbed++;
    return true;
  };
  expireSome = (expiry: Expiry): Promise<Expired> => {
    this.asked++;
    return new Promise((resolve, reject) => {
      this.steps.push({ expiry, answer: (result) => (result instanceof Error ? reject(result) : resolve(result)) });
    });
  };
}

let clock: SimulatedClock;
let store: StepwiseStore;
let said: string[];
let retention: DailyRetention;

beforeEach(() => {
  clock = new SimulatedClock(NOON);
  store = new StepwiseStore();
  said = [];
});
afterEach(() => retention.stop());

function start(setting: string): void {
  const log = {
    info: (what: object, message: string) => void said.push(`info ${message} ${JSON.stringify(what)}`),
    error: (_what: object, message: string) => void said.push(`error ${message}`),
  };
  const retentions = parseRetention(setting, 'DATALAB_RETENTION');
  const plan = () => ['shop', 'blog'].map((app) => ({ app, kept: keptOf(retentions, app) }));
  retention = startDailyRetention({ clock, store, plan, log });
}

/** Time passes, and everything that this set off runs until it waits for the clock or for a step's answer. */
async function advance(byMs: number): Promise<void> {
  clock.advance(byMs);
  await setImmediate();
}

/** Answers the step that waits. */
async function answer(result: Expired | Error): Promise<Expiry> {
  const step = store.steps.shift();
  if (!step) throw new Error('no step waits');
  step.answer(result);
  await setImmediate();
  return step.expiry;
}

const NOTHING: Expired = { removed: 0, done: true };

test('it runs soon after the start, and then each day soon after midnight UTC', async () => {
  start('shop: chunks=2d');
  await advance(AFTER_START_MS - 1);
  expect(store.asked).toBe(0);
  await advance(1);
  expect(await answer(NOTHING)).toEqual({ app: 'shop', kind: 'chunks', beforeDay: '2026-01-03' });
  await advance(12 * HOUR_MS - AFTER_START_MS);
  expect(store.asked).toBe(1);
  await advance(AFTER_MIDNIGHT_MS);
  expect(await answer(NOTHING)).toEqual({ app: 'shop', kind: 'chunks', beforeDay: '2026-01-04' });
  await advance(24 * HOUR_MS - 1);
  expect(store.asked).toBe(2);
  await advance(1);
  expect(await answer(NOTHING)).toMatchObject({ beforeDay: '2026-01-05' });
  expect(retention.counts()).toEqual({ runs: 3, failures: 0 });
});

test('it says what it deleted, for each app by its own bounds, and nothing where nothing was', async () => {
  start('rollups=30d; shop: chunks=2d');
  await advance(AFTER_START_MS);
  expect([await answer({ removed: 7, done: false }), await answer({ removed: 2, done: true })]).toMatchObject([{ app: 'shop' }, {}]);
  expect(await answer(NOTHING)).toMatchObject({ app: 'shop', kind: 'rollups' });
  expect(await answer(NOTHING)).toMatchObject({ app: 'blog', kind: 'rollups' });
  expect(said).toEqual([expect.stringContaining('"app":"shop","removed":{"chunks":9,"sessions":0,"rollups":0},"scrubbed":true')]);
  expect(store.scrubbed).toBe(1);
});

test('a run that takes longer than a day is not overtaken by the next', async () => {
  start('chunks=2d');
  await advance(AFTER_START_MS);
  await advance(72 * HOUR_MS);
  expect(store.steps).toHaveLength(1);
  await answer(NOTHING);
  await answer(NOTHING);
  expect(retention.counts().runs).toBe(1);
  await advance(24 * HOUR_MS);
  expect(await answer(NOTHING)).toMatchObject({ app: 'shop', beforeDay: '2026-01-07' });
  await answer(NOTHING);
});

test('a failure is counted and said, and tried again an hour later', async () => {
  start('shop: chunks=2d');
  await advance(AFTER_START_MS);
  await answer(new DatalabError('store-away', 'The store does not answer.'));
  expect(retention.counts()).toEqual({ runs: 0, failures: 1 });
  expect(said).toEqual([expect.stringContaining('error')]);
  await advance(RETRY_MS - 1);
  expect(store.steps).toHaveLength(0);
  await advance(1);
  await answer(NOTHING);
  expect(retention.counts()).toEqual({ runs: 1, failures: 1 });
});

test('a stop waits for the step under way, and no other follows', async () => {
  start('chunks=2d');
  await advance(AFTER_START_MS);
  let stopped = false;
  const stopping = retention.stop().then(() => {
    stopped = true;
  });
  await setImmediate();
  expect(stopped).toBe(false);
  await answer({ removed: 5, done: false });
  await stopping;
  await advance(48 * HOUR_MS);
  expect(store.asked).toBe(1);
  expect(said).toEqual([]);
  expect(clock.pending).toBe(0);
});

test('where everything is kept forever nothing is asked of the store', async () => {
  start('chunks=forever');
  await advance(72 * HOUR_MS);
  expect(store.asked).toBe(0);
});
