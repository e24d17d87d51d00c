import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../engine/clock/simulated-clock.ts';
import { DatalabError } from '../../engine/errors/errors.ts';
import type { Batch, BatchOutcome } from '../../engine/pool/batch.ts';
import { encodeFrame } from '../../engine/protocol/codec/frame.ts';
import type { Configured } from '../../engine/protocol/control.ts';
import { DEFAULT_TRACKER_CONFIG } from '../../engine/protocol/hello.ts';
import { admit, EMPTY_LEDGER, type Ledger } from '../../engine/protocol/ledger.ts';
import { END } from '../../engine/protocol/lifecycle.ts';
import type { ServerMessage } from '../../engine/protocol/messages.ts';
import type { SessionFacts } from '../../engine/store/records.ts';
import { Bus } from '../bus/bus.ts';
import { INBOX_MAX_FRAMES } from '../session/inbox.ts';
import type { MachineDeps } from '../session/session.machine.ts';
import { END_WAIT_MS, LINGER_MS, type Session } from '../session/session.ts';
import type { SessionEnd, SessionSocket } from '../session/session-ports.ts';
import { Registry } from './registry.ts';
import { RESTARTS_MAX } from './restart-policy.ts';

const GRACE_MS = 60_000;

/** A store in memory behind the registry's two functions: everything else here is real. */
function setUp(probe?: MachineDeps['entered']) {
  const clock = new SimulatedClock();
  const ledgers = new Map<string, Ledger>();
  const ends: SessionEnd[] = [];
  const faults: unknown[] = [];
  const store = { away: false, faulty: false, held: [] as (() => void)[], hold: false, configured: undefined as Configured | undefined };

  async function submit(batch: Batch): Promise<BatchOutcome> {
    if (store.hold) await new Promise<void>((resolve) => store.held.push(resolve));
    if (store.away) throw new DatalabError('store-away', 'store is away');
    if (store.faulty) throw new TypeError('planted');
    const progress = batch.sessions.map(({ session }, index) => {
      let ledger = ledgers.get(session) ?? EMPTY_LEDGER;
      let events = 0;
      for (const item of batch.items.filter((candidate) => candidate.session === index)) {
        const admitted = admit(ledger, item);
        if (admitted.ok) {
          ledger = admitted.value;
          events += item.count;
        }
      }
      ledgers.set(session, ledger);
      const { configured } = store;
      return { session, ledger, views: 0, clicks: 0, events, lastSeenMs: clock.nowMs(), ...(configured && { configured }) };
    });
    return { items: batch.items.map(() => 'stored'), progress, urls: [] };
  }

  const registry = new Registry({
    clock,
    bus: new Bus((error) => faults.push(error)),
    deadlines: { INIT: 10_000, CONNECT: GRACE_MS, LISTEN: 86_400_000, CLOSING: null },
    submit,
    finish: async (end) => {
      if (store.away) throw new Error('store is away');
      ends.push(end);
    },
    faulted: (_session, error) => faults.push(error),
    ...(probe ? { probe } : {}),
  });
  return { clock, registry, ends, faults, store };
}

type World = ReturnType<typeof setUp>;

const facts = (session: string): SessionFacts => ({
  app: 'shop',
  session,
  visit: 'v',
  visitor: 'p',
  device: 'desktop',
  browser: 'Firefox',
  os: 'Linux',
  language: 'en',
  referrer: '',
  screen: '',
  bot: false,
});

class TestSocket implements SessionSocket {
  readonly said: ServerMessage[] = [];
  closed: number | null = null;
  paused = false;
  send(message: ServerMessage): void {
    this.said.push(message);
  }
  close(code: number): void {
    this.closed = code;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  get acks(): number[] {
    return this.said.flatMap((message) => (message.type === 'ACK' ? [message.seq] : []));
  }
}

function frame(firstSeq: number, count = 1, goodbye = false): Uint8Array {
  const page = { url: 'https://shop.example/', viewportWidth: 1000, viewportHeight: 800, pageWidth: 1000, pageHeight: 2000 };
  const events = Array.from({ length: count }, (_, i) => ({ kind: 'move' as const, atMs: 1_767_225_600_000 + i, x: i, y: i, restMs: 0 }));
  return encodeFrame({ firstSeq, baseSeq: 1, goodbye, startMs: 1_767_225_600_000, page, events });
}

function connected({ registry }: { registry: Registry }, id = 's1'): { session: Session; socket: TestSocket } {
  const session = registry.begin({
    facts: facts(id),
    startedMs: 0,
    url: 'https://shop.example/',
    ledger: EMPTY_LEDGER,
    config: DEFAULT_TRACKER_CONFIG,
  });
  registry.admitted(session, session.facts, session.url);
  const socket = new TestSocket();
  expect(registry.attach(session, socket)).toBe(true);
  return { session, socket };
}

/** Lets promises settle, then moves the clock, as often as a chain of both needs. */
async function pass(clock: SimulatedClock, ms: number): Promise<void> {
  for (let i = 0; i < 10; i++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    clock.advance(ms / 10);
  }
  await new Promise<void>((resolve) => setImmediate(resolve));
}

describe('a session in the registry', () => {
  it('[AK3] acknowledges after the commit and once per commit', async () => {
    const world = setUp();
    const { session, socket } = connected(world);
    world.store.hold = true;
    for (let seq = 1; seq <= 5; seq++) world.registry.deliverFrame(session, frame(seq));
    await pass(world.clock, 100);
    expect(socket.acks).toEqual([]);
    world.store.hold = false;
    for (const release of world.store.held.splice(0)) release();
    await pass(world.clock, 100);
    expect(socket.acks).toEqual([5]);
  });

  it('[AK4] acknowledges a stored frame again and hands it to nobody', async () => {
    const world = setUp();
    const { session, socket } = connected(world);
    world.registry.deliverFrame(session, frame(1));
    await pass(world.clock, 100);
    world.registry.deliverFrame(session, frame(1));
    expect(socket.acks).toEqual([1, 1]);
    expect(world.registry.counters.get('framesStored')).toBe(1);
    expect(world.registry.counters.drops()['frame-duplicate']).toBe(1);
  });

  it('[LC5] waits in CONNECT after a drop, resumes within the grace, and ends by force after it', async () => {
    const world = setUp();
    const { session, socket } = connected(world);
    world.registry.detach(session, socket);
    expect(session.place).toBe('CONNECT');
    world.clock.advance(GRACE_MS - 1_000);
    expect(session.place).toBe('CONNECT');
    expect(await world.registry.takeOver('s1')).toBe(session);
    world.registry.admitted(session, session.facts, session.url);
    expect(world.registry.attach(session, new TestSocket())).toBe(true);
    world.registry.detach(session, socket);
    expect(session.place, 'a socket replaced before is nobody’s').toBe('LISTEN');

    const other = connected(world, 's2');
    world.registry.detach(other.session, other.socket);
    await pass(world.clock, GRACE_MS + 1_000);
    expect(other.session.place).toBe(END);
    expect(world.ends).toMatchObject([{ session: 's2', reason: 'connection-interrupt' }]);
    expect(world.registry.find('s2')).toBeUndefined();
  });

  it('[LC6] a hello takes a listening session over and closes its older socket', async () => {
    const world = setUp();
    const { session, socket } = connected(world);
    await world.registry.takeOver('s1');
    expect(session.place).toBe('INIT');
    expect(socket.closed).toBe(1008);
  });

  it('[PO2] stores the goodbye’s events before it writes the final record, and lets the next page come back meanwhile', async () => {
    const world = setUp();
    const { session } = connected(world);
    world.registry.deliverFrame(session, frame(1, 3, true));
    expect(session.place).toBe('CLOSING');
    await pass(world.clock, LINGER_MS / 2);
    expect(world.ends).toEqual([]);
    expect(session.ackedSeq).toBe(3);
    expect(await world.registry.takeOver('s1')).toBe(session);
    world.registry.admitted(session, session.facts, session.url);
    await pass(world.clock, 2 * LINGER_MS);
    expect(session.place, 'the linger of before must not end it').toBe('CONNECT');

    world.registry.deliverFrame(session, frame(4, 1, true));
    await pass(world.clock, 2 * LINGER_MS);
    expect(world.ends).toMatchObject([{ session: 's1', reason: 'goodbye' }]);
    expect(world.registry.size).toBe(0);
    expect(world.registry.armedDeadlines).toBe(0);
  });

  it('[SM3] asks for thinner moves at half, stops reading at its bound, drops nothing, and recovers', async () => {
    const world = setUp();
    const { session, socket } = connected(world);
    world.store.hold = true;
    // Fill what the batcher takes first, then the inbox.
    let seq = 0;
    while (!socket.paused) {
      world.registry.deliverFrame(session, frame(++seq));
      await pass(world.clock, 30);
      expect(seq).toBeLessThan(10 * INBOX_MAX_FRAMES);
    }
    expect(socket.said.some((message) => message.type === 'THIN' && message.level === 1)).toBe(true);
    expect(session.inbox.length).toBeGreaterThanOrEqual(INBOX_MAX_FRAMES);
    world.store.hold = false;
    while (world.store.held.length > 0 || session.ackedSeq < seq) {
      for (const release of world.store.held.splice(0)) release();
      await pass(world.clock, 100);
    }
    expect(socket.paused).toBe(false);
    expect(socket.said.findLast((message) => message.type === 'THIN')).toEqual({ type: 'THIN', level: 0 });
    expect(world.registry.counters.dropped).toBe(0);
  });

  it('[AK3] keeps trying while the store is away, and loses nothing', async () => {
    const world = setUp();
    const { session, socket } = connected(world);
    world.store.away = true;
    world.registry.deliverFrame(session, frame(1, 4));
    await pass(world.clock, 5_000);
    expect(socket.acks).toEqual([]);
    expect(world.registry.storeAway).toBe(true);
    world.store.away = false;
    await pass(world.clock, 10_000);
    expect(socket.acks).toEqual([4]);
    expect(world.registry.storeAway).toBe(false);
  });

  it('[DR1] a batch that fails for its own sake is given up, said to its sender, and stalls nobody', async () => {
    const world = setUp();
    const { session, socket } = connected(world);
    world.store.faulty = true;
    world.registry.deliverFrame(session, frame(1, 2));
    await pass(world.clock, 5_000);
    expect(socket.said).toContainEqual({ type: 'REFUSED', reason: 'worker-fault', retry: false, firstSeq: 1, lastSeq: 2 });
    expect(world.faults).toHaveLength(1);
    expect(world.registry.storeAway).toBe(false);
    world.store.faulty = false;
    const other = connected(world, 's2');
    world.registry.deliverFrame(other.session, frame(1));
    await pass(world.clock, 100);
    expect(other.socket.acks).toEqual([1]);
  });

  it('[CT1] a change is said to the tracker at once and again with its next hello; it is confirmed by what is stored alone', async () => {
    const world = setUp();
    const { session, socket } = connected(world);
    expect(world.registry.control('s1', { paused: true }, 'ada')).toBe(true);
    expect(world.registry.control('s1', { mask: '.price' }, 'ada')).toBe(true);
    const { config } = session.controls;
    expect(config).toEqual({ ...DEFAULT_TRACKER_CONFIG, paused: true, mask: '.price', revision: expect.any(Number) });
    expect(socket.said.at(-1)).toEqual({ type: 'CONTROL', config });
    expect(session.controls.log).toMatchObject([
      { by: 'ada', what: 'change', change: { paused: true } },
      { by: 'ada', what: 'change', change: { mask: '.price' } },
    ]);
    expect(session.controls.log.some(({ confirmedMs }) => confirmedMs !== undefined)).toBe(false);

    world.store.configured = { revision: config.revision, moveSampleMs: 50, recording: 0, paused: 1, mask: '' };
    world.registry.deliverFrame(session, frame(1));
    await pass(world.clock, 100);
    const applied = { moveSampleMs: 50, recording: false, paused: true, mask: '' };
    expect(session.controls.log.map((entry) => entry.applied)).toEqual([applied, applied]);
    expect(world.registry.control('nobody', { paused: true }, 'ada')).toBe(false);
  });

  it('[CT1] a word of how it was before confirms no later change', async () => {
    const world = setUp();
    const { session } = connected(world);
    world.registry.control('s1', { paused: true }, 'ada');
    const { revision } = session.controls.config;
    world.registry.control('s1', { paused: false }, 'ada');
    world.store.configured = { revision, moveSampleMs: 50, recording: 0, paused: 1, mask: '' };
    world.registry.deliverFrame(session, frame(1));
    await pass(world.clock, 100);
    expect(session.controls.log.map(({ confirmedMs }) => confirmedMs !== undefined)).toEqual([true, false]);
  });

  it('[CT4] told to end, it takes the tracker’s last frames and goodbye, and ends then', async () => {
    const world = setUp();
    const { session, socket } = connected(world);
    expect(world.registry.end('s1', 'operator', 'ada')).toBe(true);
    expect(socket.said).toEqual([{ type: 'END', reason: 'operator' }]);
    world.registry.deliverFrame(session, frame(1, 3));
    await pass(world.clock, END_WAIT_MS / 2);
    expect([world.ends, session.ackedSeq]).toEqual([[], 3]);
    world.registry.deliverFrame(session, frame(4, 1, true));
    await pass(world.clock, 100);
    expect(world.ends).toMatchObject([{ session: 's1', reason: 'operator' }]);
    expect(session.controls.log).toMatchObject([{ by: 'ada', what: 'end', confirmedMs: expect.any(Number) }]);
    expect(session.ackedSeq).toBe(4);
  });

  it.each([
    ['a tracker that says nothing', (): void => undefined, END_WAIT_MS + 200],
    ['a socket that closes', ({ registry }: World, session: Session, socket: TestSocket) => registry.detach(session, socket), 100],
  ])('[CT4] told to end, it does not wait for ever: %s', async (_what, happens, waitMs) => {
    const world = setUp();
    const { session, socket } = connected(world);
    world.registry.end('s1', 'operator', 'ada');
    happens(world, session, socket);
    await pass(world.clock, waitMs);
    expect(world.ends).toMatchObject([{ session: 's1', reason: 'operator' }]);
    expect(session.controls.log).toEqual([{ atMs: expect.any(Number), by: 'ada', what: 'end' }]);
    expect([world.registry.size, world.registry.armedDeadlines]).toEqual([0, 0]);
  });

  it('[TX3] numbers text messages by arrival and ends on their goodbye', async () => {
    const world = setUp();
    const { session } = connected(world);
    const text = '{"type":"MOUSEMOVE","timestamp":1,"event":{"x":1,"y":2}}';
    for (let i = 0; i < 3; i++) world.registry.deliverText(session, text, new TextEncoder().encode(text));
    await pass(world.clock, 100);
    expect(session.ackedSeq).toBe(3);
    world.registry.deliverText(session, '{"type":"GOODBYE"}', new Uint8Array());
    expect(session.place).toBe('CLOSING');
  });

  it('[DR1] counts and answers a frame that is none', () => {
    const world = setUp();
    const { session, socket } = connected(world);
    expect(world.registry.deliverFrame(session, new Uint8Array([1, 99]))).toBe('frame-malformed');
    expect(socket.said).toEqual([{ type: 'REFUSED', reason: 'frame-malformed', retry: false }]);
    expect(world.registry.counters.drops()).toEqual({ 'frame-malformed': 1 });
  });
});

describe('the registry as supervisor', () => {
  it('a throw in one session’s effect restarts that session alone; its neighbours never notice', async () => {
    let armed = true;
    const world = setUp((place, { session }) => {
      if (armed && session === 'bad' && place === 'LISTEN') throw new Error('planted');
    });
    const good = connected(world, 'good');
    const bad = world.registry.begin({ facts: facts('bad'), startedMs: 0, url: '', ledger: EMPTY_LEDGER, config: DEFAULT_TRACKER_CONFIG });
    world.registry.admitted(bad, bad.facts, '');
    expect(world.registry.attach(bad, new TestSocket())).toBe(false);
    expect(bad.place).toBe('CONNECT');
    expect(world.registry.counters.get('restarts')).toBe(1);

    armed = false;
    expect(world.registry.attach(bad, new TestSocket())).toBe(true);
    expect(bad.place).toBe('LISTEN');
    world.registry.deliverFrame(good.session, frame(1));
    await pass(world.clock, 100);
    expect(good.socket.acks).toEqual([1]);
    expect(world.registry.counts('shop')).toEqual({ INIT: 0, CONNECT: 0, LISTEN: 2, CLOSING: 0 });
  });

  it('sets a session aside after too many faults, shows it, and records its end', async () => {
    const world = setUp((place) => {
      if (place === 'LISTEN') throw new Error('planted');
    });
    const session = world.registry.begin({
      facts: facts('bad'),
      startedMs: 0,
      url: '',
      ledger: EMPTY_LEDGER,
      config: DEFAULT_TRACKER_CONFIG,
    });
    world.registry.admitted(session, session.facts, '');
    for (let i = 0; i <= RESTARTS_MAX; i++) world.registry.attach(session, new TestSocket());
    await pass(world.clock, 100);
    expect(session.quarantined).toBe(true);
    expect(world.faults).toHaveLength(RESTARTS_MAX + 1);
    expect([...world.registry.all()]).toEqual([session]);
    expect(world.registry.size).toBe(0);
    expect(world.ends).toMatchObject([{ session: 'bad', reason: 'fault' }]);
    expect(world.registry.totals()).toEqual({ INIT: 0, CONNECT: 0, LISTEN: 0, CLOSING: 0 });
  });

  it('restarts far apart are forgiven', () => {
    const world = setUp((place) => {
      if (place === 'LISTEN') throw new Error('planted');
    });
    const session = world.registry.begin({
      facts: facts('bad'),
      startedMs: 0,
      url: '',
      ledger: EMPTY_LEDGER,
      config: DEFAULT_TRACKER_CONFIG,
    });
    world.registry.admitted(session, session.facts, '');
    for (let i = 0; i < 3 * RESTARTS_MAX; i++) {
      world.registry.attach(session, new TestSocket());
      world.clock.advance(8_000);
    }
    expect(session.quarantined).toBe(false);
  });

  it('a shutdown writes every final record and tells no tracker to stop for good', async () => {
    const world = setUp();
    const { session, socket } = connected(world);
    world.registry.deliverFrame(session, frame(1));
    const closed = world.registry.close();
    await pass(world.clock, 1_000);
    await closed;
    expect(world.ends).toMatchObject([{ session: 's1', reason: 'shutdown' }]);
    expect(socket.acks).toEqual([1]);
    expect(socket.said.some((message) => message.type === 'END')).toBe(false);
    expect(socket.closed).toBe(1012);
  });

  it('takes up a session that another process left, in CONNECT with its grace', async () => {
    const world = setUp();
    const session = world.registry.restore({
      facts: facts('left'),
      startedMs: 0,
      url: '',
      ledger: { highSeq: 7, gaps: [], lost: 0 },
      config: DEFAULT_TRACKER_CONFIG,
    });
    expect(session.place).toBe('CONNECT');
    expect(session.ackedSeq).toBe(7);
    await pass(world.clock, GRACE_MS + 1_000);
    expect(world.ends).toMatchObject([{ session: 'left', reason: 'connection-interrupt' }]);
  });

  it('ten thousand sessions come and go without a trace', async () => {
    const world = setUp();
    for (let i = 0; i < 10_000; i++) connected(world, `s${i}`);
    expect(world.registry.counts('shop').LISTEN).toBe(10_000);
    for (let i = 0; i < 10_000; i++) world.registry.end(`s${i}`, 'operator');
    await pass(world.clock, END_WAIT_MS + 200);
    expect(world.registry.size).toBe(0);
    expect(world.registry.armedDeadlines).toBe(0);
    expect(world.ends).toHaveLength(10_000);
  });
});
