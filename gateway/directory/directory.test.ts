import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../engine/clock/simulated-clock.ts';
import { DatalabError } from '../../engine/errors/errors.ts';
import { DEFAULT_APP_CONFIG } from '../../engine/protocol/administration.ts';
import type { Ask } from '../services/call.ts';
import { allowsOrigin, Directory } from './directory.ts';
import { trackerConfigOf } from './tracker-config.ts';

type Poll = { readonly path: string; answer(body: object): void; fail(): void };
const APP = { key: 'shop', name: 'Shop', origins: ['https://shop.example'], retention: {}, state: 'active' };

/** Services whose answers the test gives. */
class Services {
  readonly polls: Poll[] = [];
  readonly used: object[] = [];
  readonly ask: Ask = <T>(_service: string, method: string, path: string, options?: { body?: object }) => {
    if (method === 'POST') {
      this.used.push(options?.body ?? {});
      return Promise.resolve(null as T);
    }
    return new Promise<T>((resolve, reject) => {
      const answer = (body: object) => resolve(body as T);
      this.polls.push({ path, answer, fail: () => reject(new DatalabError('service-away', 'away')) });
    });
  };
  /** The polls that wait for one service. */
  of(service: string): Poll[] {
    return this.polls.filter(({ path }) => path.startsWith(`/internal/${service}/`));
  }
  async answer(service: string, body: object): Promise<void> {
    this.of(service).at(-1)?.answer(body);
    await setImmediate();
  }
}

let clock: SimulatedClock;
let services: Services;
let directory: Directory;

beforeEach(() => {
  clock = new SimulatedClock(1_000_000);
  services = new Services();
  directory = new Directory(clock, services.ask);
});

async function complete(): Promise<void> {
  const started = directory.start();
  await services.answer('app', { version: 1, apps: [APP] });
  await services.answer('config', { version: 1, configs: [] });
  await services.answer('apptoken', {
    version: 1,
    keys: [
      { key: 'shop', app: 'shop' },
      { key: 'old', app: 'shop', endsMs: 1_005_000 },
    ],
    tokens: [{ id: 't1', name: 'job', app: 'shop', scopes: ['events.write'], hash: 'h1', expiresMs: 1_005_000 }],
  });
  await started;
}

describe('the directory', () => {
  it('is complete once every service has answered once', async () => {
    const started = directory.start();
    await services.answer('app', { version: 1, apps: [APP] });
    await services.answer('config', { version: 1, configs: [] });
    expect([directory.isComplete, directory.find('shop')?.name]).toEqual([false, 'Shop']);
    services.of('apptoken')[0]?.fail();
    await started;
    expect(directory.isComplete).toBe(false);
    clock.advance(1_000);
    await services.answer('apptoken', { version: 1, keys: [], tokens: [] });
    expect(directory.isComplete).toBe(true);
  });

  it('asks for what comes after the version that it has, and takes it', async () => {
    await complete();
    expect(services.of('config').at(-1)?.path).toContain('after=1&waitMs=');
    const told: string[] = [];
    directory.subscribe((change) => told.push(change));
    const config = { ...DEFAULT_APP_CONFIG, moveSampleMs: 99 };
    await services.answer('config', { version: 7, configs: [{ app: 'shop', version: 1, atMs: 5, config }] });
    expect(directory.capture('shop')).toEqual({ version: 1, atMs: 5, config });
    expect(told).toEqual(['captures']);
    // The poll was answered because it took long: nothing has changed.
    await services.answer('config', { version: 7, configs: [] });
    expect([directory.capture('shop').version, told.length]).toEqual([1, 1]);
    expect(services.of('config').at(-1)?.path).toContain('after=7&');
  });

  it('goes on with the copy that it has while a service is away, and asks less and less often', async () => {
    await complete();
    for (const waitMs of [250, 500, 1_000, 2_000]) {
      const asked = services.of('app').length;
      services.of('app').at(-1)?.fail();
      await setImmediate();
      clock.advance(waitMs - 1);
      expect(services.of('app')).toHaveLength(asked);
      clock.advance(1);
      expect(services.of('app')).toHaveLength(asked + 1);
    }
    expect(directory.find('shop')?.name).toBe('Shop');
  });

  it('knows a public key and a token until they end, and no longer', async () => {
    await complete();
    const known = () => [directory.ofPublicKey('shop')?.key, directory.ofPublicKey('old')?.key, directory.ofToken('h1')?.name];
    expect(known()).toEqual(['shop', 'shop', 'job']);
    expect([directory.ofPublicKey('__proto__'), directory.ofToken('h2')]).toEqual([undefined, null]);
    clock.advance(5_000);
    expect(known()).toEqual(['shop', undefined, undefined]);
  });

  it('tells what was used, once in a while and at the end', async () => {
    await complete();
    directory.ofPublicKey('shop');
    directory.ofPublicKey('shop');
    directory.ofToken('h1');
    expect(services.used).toEqual([]);
    clock.advance(30_000);
    await setImmediate();
    expect(services.used).toEqual([{ keys: [{ key: 'shop', atMs: 1_000_000 }], tokens: [{ id: 't1', atMs: 1_000_000 }] }]);
    clock.advance(30_000);
    directory.ofPublicKey('shop');
    await directory.stop();
    expect(services.used).toHaveLength(2);
    const asked = services.polls.length;
    await services.answer('app', { version: 9, apps: [] });
    expect([services.polls.length, directory.all().length]).toEqual([asked, 1]);
  });
});

it('[HE2] an origin is exactly one of the app’s; only a port may stand for all', () => {
  const app = { origins: ['https://shop.example', 'http://localhost:*'] };
  for (const origin of ['https://shop.example', 'http://localhost', 'http://localhost:5173']) expect(allowsOrigin(app, origin)).toBe(true);
  const hostile = [
    'null',
    '',
    'http://shop.example',
    'https://shop.example.',
    'https://shop.example:443',
    'https://SHOP.example',
    'https://shop.example.evil.example',
    'https://evilshop.example',
    'https://shop.example@evil.example',
    'https://shop.example/',
    'http://localhost:80.evil.example',
    'http://localhost:',
    'https://localhost:5173',
    'https://ѕhop.example',
  ];
  for (const origin of hostile) expect(allowsOrigin(app, origin)).toBe(false);
});

describe('what a tracker is told', () => {
  it('is the app’s configuration, with the time of its version as revision', () => {
    const config = {
      ...DEFAULT_APP_CONFIG,
      off: ['hover' as const],
      moveSampleMs: 70,
      mask: '.x',
      block: '.y',
      urlKeep: 'page',
      vitals: true,
    };
    expect(trackerConfigOf({ version: 3, atMs: 77, config }, 's1')).toMatchObject({
      revision: 77,
      off: ['hover'],
      moveSampleMs: 70,
      mask: '.x',
      block: '.y',
      urlKeep: 'page',
      vitals: true,
      paused: false,
      recording: false,
    });
  });

  it('a share of sessions is recorded, always the same ones', () => {
    const recorded = (percent: number) =>
      Array.from({ length: 2_000 }, (_, i) => `session-${i}`).filter(
        (session) =>
          trackerConfigOf({ version: 1, atMs: 1, config: { ...DEFAULT_APP_CONFIG, recordingPercent: percent } }, session).recording,
      );
    expect([recorded(0).length, recorded(100).length]).toEqual([0, 2_000]);
    const [some, more] = [recorded(20), recorded(40)];
    expect(some.length / 2_000).toBeCloseTo(0.2, 1);
    // Who was recorded stays so when the share grows.
    expect(some.filter((session) => !more.includes(session))).toEqual([]);
  });
});
