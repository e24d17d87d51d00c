import { describe, expect, test } from 'vitest';
import { SimulatedClock } from '../../engine/clock/simulated-clock.ts';
import { decodePost } from '../../engine/protocol/codec/post.ts';
import type { Event, PageContext } from '../../engine/protocol/events.ts';
import { DEFAULT_TRACKER_CONFIG } from '../../engine/protocol/hello.ts';
import type { Place } from '../../engine/protocol/lifecycle.ts';
import {
  CONNECT_TIMEOUT_MS,
  Connection,
  type ConnectionOptions,
  GIVE_UP_MS,
  HELLO_TIMEOUT_MS,
  type HelloFacts,
  POLLS_MS,
  POST_MAX_BYTES,
} from './connection.ts';
import type { Ports } from './ports.ts';
import { decoded, SimulatedServer } from './simulated-server.ts';

const HOME: PageContext = { url: 'https://shop.example/', viewportWidth: 1_000, viewportHeight: 800, pageWidth: 1_000, pageHeight: 3_000 };
const FACTS: HelloFacts = { app: 'shop', referrer: '', browser: 'test', OS: 'test', url: HOME.url, tab: 'tab-1' };
const custom = (name: string, props = ''): Event => ({ kind: 'custom', atMs: 1_767_225_600_000, name, props });
const layoutOf = (chars: number): Event => ({ kind: 'dom', atMs: 1_767_225_600_000, json: 'x'.repeat(chars) });
const FLUSH_MS = 500;

function setUp() {
  const clock = new SimulatedClock();
  const server = new SimulatedServer(clock);
  const places: Place[] = [];
  const load = (told: Partial<ConnectionOptions> = {}) =>
    new Connection({ ports: server.ports, facts: () => FACTS, onPlace: (place) => places.push(place), ...told });
  return { clock, server, places, load };
}

/** A page in LISTEN. */
function listening() {
  const world = setUp();
  const connection = world.load();
  connection.start();
  world.server.listen();
  return { ...world, connection };
}

const names = (events: readonly Event[]) => events.map((event) => (event.kind === 'custom' ? event.name : event.kind));

describe('hello', () => {
  test('[LC1] hello, socket and goodbye pass INIT, CONNECT, LISTEN, CLOSING and the end', () => {
    const { connection, places } = listening();
    connection.leave();
    expect(places).toEqual(['CONNECT', 'LISTEN', 'CLOSING', 'END']);
    expect(connection.stats.ignored).toBe(0);
  });

  test('[SM1] the socket opens with the subprotocol and the ticket', () => {
    const { server } = listening();
    expect(server.socket.protocols).toEqual(['datalab.1', 'ticket-1']);
  });

  test.each([400, 401, 403, 404, 410, 422])('status %i is final: nothing is asked again', (status) => {
    const { clock, server, load } = setUp();
    const connection = load();
    connection.start();
    server.reply({ status, body: null });
    clock.advance(GIVE_UP_MS);
    expect(connection.place).toBe('END');
    expect(server.hellos.length).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test('a refusal that says retry=false is final whatever its status', () => {
    const { server, load } = setUp();
    const connection = load();
    connection.start();
    server.reply({ status: 429, body: { code: 'limit-app', message: '', retry: false } });
    expect(connection.place).toBe('END');
  });

  test.each([
    ['503', { status: 503, body: { code: 'node-closing', message: '', retry: true } }],
    ['no answer', null],
    ['a stranger’s page', { status: 200, body: { hello: 'wifi' } }],
  ])('%s is asked again after a pause that doubles', (_name, reply) => {
    const { clock, server, load } = setUp();
    load().start();
    for (const pauseMs of [1_000, 2_000, 4_000]) {
      const before = server.hellos.length;
      server.reply(reply);
      clock.advance(pauseMs - 1);
      expect(server.hellos.length).toBe(before);
      clock.advance(1);
      expect(server.hellos.length).toBe(before + 1);
    }
  });

  test('a hello that hangs is asked again, and its late answer is void', () => {
    const { clock, server, load } = setUp();
    const connection = load();
    connection.start();
    clock.advance(HELLO_TIMEOUT_MS);
    server.admit();
    expect(connection.place).toBe('INIT');
    clock.advance(1_000);
    server.listen();
    expect(connection.place).toBe('LISTEN');
  });

  test('[HE4] a token that is refused costs the old session, not the tab', () => {
    const { server, connection, load } = listening();
    connection.push(custom('old'), HOME);
    connection.leave();
    const next = load();
    next.start();
    server.reply({ status: 403, body: { code: 'resume-refused', message: '', retry: false } });
    expect(server.hellos.at(-1)).not.toHaveProperty('session');
    server.listen();
    expect(next.place).toBe('LISTEN');
    expect(next.stats.lost['session-lost']).toBe(1);
  });

  test('events carry the server’s clock: the offset is measured over the hello’s way', () => {
    const { clock, server, load } = setUp();
    server.clockOffsetMs = 3_600_000;
    const connection = load();
    connection.push(custom('a'), HOME);
    connection.start();
    clock.advance(100);
    server.listen();
    server.commit();
    // 100 ms on the way: the server is taken to have answered in the middle.
    expect(server.stored()[0]?.atMs).toBe(1_767_225_600_000 + 3_600_000 + 50);
  });

  test('after an hour without a connection the page gives up, and leaves its events to the next one', () => {
    const { clock, server, load } = setUp();
    const connection = load();
    connection.push(custom('kept'), HOME);
    connection.start();
    server.reply(null);
    clock.advance(GIVE_UP_MS);
    expect(connection.place).toBe('END');
    expect(clock.pending).toBe(0);
    const next = load();
    next.start();
    server.listen();
    server.commit();
    expect(names(server.stored())).toEqual(['kept']);
  });
});

describe('listen', () => {
  test('an event waits at most flushMs; those that wait together are one frame', () => {
    const { clock, server, connection } = listening();
    connection.push(custom('a'), HOME);
    clock.advance(FLUSH_MS - 1);
    connection.push(custom('b'), HOME);
    expect(server.socket.inbox.length).toBe(0);
    clock.advance(1);
    expect(server.socket.inbox.length).toBe(1);
    server.commit();
    expect(names(server.stored())).toEqual(['a', 'b']);
  });

  test('a full frame does not wait', () => {
    const { server, connection } = listening();
    for (let i = 0; i < 9; i++) connection.push(custom(`n${i}`, 'x'.repeat(2_000)), HOME);
    expect(server.socket.inbox.length).toBe(1);
  });

  test('[AK2] frames follow each other without waiting for acks; one ack settles all', () => {
    const { clock, server, connection } = listening();
    for (const name of ['a', 'b', 'c']) {
      connection.push(custom(name), HOME);
      clock.advance(FLUSH_MS);
    }
    expect(connection.stats.heldEvents).toBe(3);
    server.commit();
    expect(connection.stats.heldEvents).toBe(0);
  });

  test('[AK4] a dropped socket loses nothing and stores nothing twice: unacked frames go again with the same numbers', () => {
    const { clock, server, connection } = listening();
    connection.push(custom('stored, ack lost'), HOME);
    clock.advance(FLUSH_MS);
    server.commit('session-1', false);
    connection.push(custom('lost on the way'), HOME);
    clock.advance(FLUSH_MS);
    server.drop();
    connection.push(custom('while away'), HOME);
    clock.advance(1_000);
    expect(server.hellos.at(-1)).toMatchObject({ session: 'session-1', resume: 'token-session-1' });
    // This server says less than it has stored: the ledger must sort it out.
    server.admit({ ackedSeq: 0 });
    server.open();
    server.commit();
    expect(names(server.stored())).toEqual(['stored, ack lost', 'lost on the way', 'while away']);
    expect(server.refused).toEqual(['frame-duplicate']);
  });

  test('numbers that a hello says are stored are not sent again', () => {
    const { clock, server, connection } = listening();
    connection.push(custom('a'), HOME);
    clock.advance(FLUSH_MS);
    server.commit('session-1', false);
    server.drop();
    clock.advance(1_000);
    server.listen();
    expect(server.socket.inbox).toEqual([]);
  });

  test('[HE4] a session that is not resumed takes its sealed frames with it, counted; later events begin at 1', () => {
    const { clock, server, connection } = listening();
    connection.push(custom('of the old one'), HOME);
    clock.advance(FLUSH_MS);
    server.drop();
    server.sessions.clear();
    connection.push(custom('of the new one'), HOME);
    clock.advance(1_000);
    server.listen();
    server.commit('session-2');
    expect(names(server.stored('session-2'))).toEqual(['of the new one']);
    expect(connection.stats.lost['session-lost']).toBe(1);
  });

  test('a refusal for good is forgotten, one for now is sent again', () => {
    const { clock, server, connection } = listening();
    for (const name of ['bad', 'good']) {
      connection.push(custom(name), HOME);
      connection.flush();
    }
    server.socket.inbox = [];
    server.tell({ type: 'REFUSED', reason: 'worker-fault', retry: false, firstSeq: 1, lastSeq: 1 });
    server.tell({ type: 'REFUSED', reason: 'inbox-full', retry: true, firstSeq: 2, lastSeq: 2 });
    server.tell({ type: 'REFUSED', reason: 'inbox-full', retry: true, firstSeq: 2, lastSeq: 2 });
    clock.advance(1_000);
    expect(server.socket.inbox.map((bytes) => decoded(bytes).firstSeq)).toEqual([2]);
    expect(connection.stats.lost.refused).toBe(1);
  });

  test('[SM3] THIN thins moves from then on', () => {
    const { server, connection } = listening();
    server.tell({ type: 'THIN', level: 1 });
    for (let i = 0; i < 10; i++) connection.push({ kind: 'move', atMs: i, x: i, y: 0, restMs: 0 }, HOME);
    connection.flush();
    server.commit();
    expect(server.stored().length).toBe(5);
  });

  test('messages that are none are counted and change nothing', () => {
    const { server, connection } = listening();
    for (const text of ['', '{', 'null', '[]', '{"type":"ACK"}', '{"type":"THIN","level":"9"}', '{"type":"xstate.stop"}']) {
      server.socket.handlers.message(text);
    }
    expect(connection.stats.unreadable).toBe(7);
    expect(connection.place).toBe('LISTEN');
  });

  test('[CT4] END ends it: what is held and what is told then is sent with a goodbye; no reconnect, nothing left behind', () => {
    const { clock, server, load } = setUp();
    const connection = load({ onEnd: () => connection.push(custom('b'), HOME) });
    connection.start();
    server.listen();
    connection.push(custom('a'), HOME);
    server.tell({ type: 'END', reason: 'operator' });
    clock.advance(GIVE_UP_MS);
    server.commit('session-1', false);
    expect([names(server.stored()), server.sessions.get('session-1')?.goodbyes]).toEqual([['a', 'b'], 1]);
    expect([connection.place, server.hellos.length, server.remains, clock.pending]).toEqual(['END', 1, null, 0]);
  });

  test('[CT1] what is captured is what the hello’s answer says, then what CONTROL says; whoever applies it is told', () => {
    const { server, load } = setUp();
    let told = 0;
    const connection = load({ onConfig: () => told++ });
    connection.start();
    server.admit({ config: { ...DEFAULT_TRACKER_CONFIG, moveSampleMs: 70 } });
    server.open();
    expect([connection.config.moveSampleMs, told]).toEqual([70, 1]);
    const config = { ...DEFAULT_TRACKER_CONFIG, revision: 5, moveSampleMs: 200 };
    for (const again of [1, 2]) {
      server.tell({ type: 'CONTROL', config });
      expect([connection.config, told]).toEqual([config, 1 + again]);
    }
    server.socket.handlers.message('{"type":"CONTROL"}');
    expect([connection.config, connection.stats.unreadable]).toEqual([config, 1]);
  });

  test('[CT3] paused, nothing is taken but the confirmation, and what is left out is counted; then all is again', () => {
    const { clock, server, connection } = listening();
    const pause = (paused: boolean, revision: number) =>
      server.tell({ type: 'CONTROL', config: { ...DEFAULT_TRACKER_CONFIG, revision, paused } });
    connection.push(custom('a'), HOME);
    pause(true, 1);
    connection.push(custom('b'), HOME);
    connection.push({ kind: 'configured', atMs: 1, revision: 1, moveSampleMs: 50, recording: 0, paused: 1, mask: '' }, HOME);
    pause(false, 2);
    connection.push(custom('c'), HOME);
    clock.advance(FLUSH_MS);
    server.commit();
    expect(names(server.stored())).toEqual(['a', 'configured', 'c']);
    expect(connection.stats.lost.paused).toBe(1);
  });

  test('close code 1008 ends it: no reconnect, nothing left behind, what was held is counted', () => {
    const { clock, server, connection } = listening();
    connection.push(custom('a'), HOME);
    clock.advance(FLUSH_MS);
    server.drop(1008);
    clock.advance(GIVE_UP_MS);
    expect(connection.place).toBe('END');
    expect(server.hellos.length).toBe(1);
    expect(server.remains).toBeNull();
    expect(connection.stats.lost.refused).toBe(1);
  });

  test('a socket that does not open in time is replaced by a new hello: its ticket may be spent', () => {
    const { clock, server, load } = setUp();
    const connection = load();
    connection.start();
    server.admit();
    clock.advance(CONNECT_TIMEOUT_MS);
    expect(server.socket.closedWith).toBe(1000);
    server.open();
    expect(connection.place).toBe('CONNECT');
    clock.advance(1_000);
    expect(server.hellos.length).toBe(2);
  });

  test('a socket that the page’s policy forbids is a failure like others', () => {
    const { clock, server } = setUp();
    const ports = {
      ...server.ports,
      openSocket: () => {
        throw new Error('SecurityError');
      },
    };
    const connection = new Connection({ ports, facts: () => FACTS });
    connection.start();
    server.admit();
    expect(connection.stats.failures).toBe(1);
    clock.advance(1_000);
    expect(server.hellos.length).toBe(2);
  });

  test('pauses grow while connections break at once, and begin anew after one that held', () => {
    const { clock, server } = listening();
    const reconnectsAfter = (pauseMs: number) => {
      const before = server.hellos.length;
      clock.advance(pauseMs - 1);
      const early = server.hellos.length;
      clock.advance(1);
      expect([early, server.hellos.length]).toEqual([before, before + 1]);
      server.listen();
    };
    server.drop();
    reconnectsAfter(1_000);
    server.drop(1013);
    reconnectsAfter(2_000);
    clock.advance(10_000);
    server.drop();
    reconnectsAfter(1_000);
  });
});

describe('polls', () => {
  /** Waits the pause out. */
  function helloAgain({ clock, server }: Pick<ReturnType<typeof setUp>, 'clock' | 'server'>): void {
    for (const before = server.hellos.length; server.hellos.length === before; ) clock.advance(500);
  }

  const ways = (server: SimulatedServer) => server.sockets.map(({ isPolled }) => (isPolled ? 'polls' : 'socket'));

  /** A page whose sockets do not open, up to its first polls. */
  function polling() {
    const world = setUp();
    const connection = world.load();
    connection.start();
    world.server.admit();
    world.server.drop();
    world.clock.advance(1_000);
    world.server.admit();
    world.server.drop();
    world.server.listen();
    return { ...world, connection };
  }

  test.each<[string, (world: ReturnType<typeof setUp>) => void]>([
    ['closed before it opened', ({ server }) => server.drop()],
    ['not opened in time', ({ clock }) => clock.advance(CONNECT_TIMEOUT_MS)],
  ])(
    '[PO3] take the place of a socket that twice in a row was %s, without a pause, with the ticket of a hello of their own',
    (_name, fail) => {
      const world = setUp();
      const { clock, server, load } = world;
      const connection = load();
      connection.start();
      server.admit();
      fail(world);
      expect(server.hellos.length).toBe(1);
      clock.advance(1_000);
      server.admit();
      fail(world);
      expect(server.hellos.length).toBe(3);
      server.listen();
      expect([connection.place, ways(server)]).toEqual(['LISTEN', ['socket', 'socket', 'polls']]);
      expect(server.socket.protocols).toEqual(['ticket-3']);
    },
  );

  test('[PO3] follow sockets that the page’s policy forbids', () => {
    const { clock, server } = setUp();
    const ports = {
      ...server.ports,
      openSocket: () => {
        throw new Error('SecurityError');
      },
    };
    const connection = new Connection({ ports, facts: () => FACTS });
    connection.start();
    server.admit();
    clock.advance(1_000);
    server.admit();
    server.listen();
    expect([connection.place, ways(server)]).toEqual(['LISTEN', ['polls']]);
  });

  test('are not for a socket that opened and broke, however often', () => {
    const { clock, server } = listening();
    for (let breaks = 0; breaks < 5; breaks++) {
      server.drop();
      helloAgain({ clock, server });
      server.listen();
    }
    expect(new Set(ways(server))).toEqual(new Set(['socket']));
  });

  test('[AK4] carry what was not acked before, and nothing twice', () => {
    const { clock, server, connection } = listening();
    connection.push(custom('stored, ack lost'), HOME);
    clock.advance(FLUSH_MS);
    server.commit('session-1', false);
    connection.push(custom('lost on the way'), HOME);
    clock.advance(FLUSH_MS);
    for (const next of ['socket', 'socket', 'polls']) {
      server.drop();
      if (next === 'socket') helloAgain({ clock, server });
      server.admit();
    }
    server.open();
    expect(server.socket.isPolled).toBe(true);
    connection.push(custom('by polls'), HOME);
    clock.advance(FLUSH_MS);
    server.commit();
    expect(names(server.stored())).toEqual(['stored, ack lost', 'lost on the way', 'by polls']);
    expect([connection.stats.heldEvents, server.refused]).toEqual([0, []]);
  });

  test('end after five minutes; the socket is tried again, and is back when it opens', () => {
    const { clock, server, connection } = polling();
    clock.advance(POLLS_MS - 1);
    expect(server.socket.closedWith).toBeNull();
    clock.advance(1);
    expect([connection.place, server.socket.closedWith]).toEqual(['CONNECT', 1000]);
    clock.advance(1_000);
    server.listen();
    expect([connection.place, ways(server).at(-1)]).toEqual(['LISTEN', 'socket']);
    clock.advance(POLLS_MS * 2);
    expect([connection.place, server.socket.closedWith]).toEqual(['LISTEN', null]);
  });

  test.each<[string, (world: ReturnType<typeof setUp>) => void]>([
    ['after five minutes', ({ clock }) => clock.advance(POLLS_MS)],
    ['that broke', ({ server }) => server.drop()],
  ])('%s are followed by one socket, and by polls without a pause if it does not open', (_name, end) => {
    const world = polling();
    const { server, connection } = world;
    for (let round = 0; round < 3; round++) {
      end(world);
      helloAgain(world);
      server.admit();
      expect(server.socket.isPolled).toBe(false);
      server.drop();
      server.listen();
      expect([connection.place, server.socket.isPolled]).toEqual(['LISTEN', true]);
    }
  });

  test('that cannot be loaded are asked for again when the next socket fails; meanwhile sockets go on being tried', () => {
    const { clock, server, load } = setUp();
    server.hasPolls = false;
    const connection = load();
    connection.start();
    for (let tries = 0; tries < 3; tries++) {
      server.admit();
      server.drop();
      helloAgain({ clock, server });
    }
    expect(ways(server)).toEqual(['socket', 'socket', 'socket']);
    server.hasPolls = true;
    server.admit();
    server.drop();
    server.listen();
    expect([connection.place, server.socket.isPolled]).toEqual(['LISTEN', true]);
  });

  test('that are loaded after the page was left begin nothing', () => {
    const { clock, server } = setUp();
    let come = () => {};
    const ports: Ports = {
      ...server.ports,
      loadPolls: (loaded, failed) => {
        come = () => server.ports.loadPolls?.(loaded, failed);
      },
    };
    const connection = new Connection({ ports, facts: () => FACTS });
    connection.start();
    server.admit();
    server.drop();
    clock.advance(1_000);
    server.admit();
    server.drop();
    connection.leave();
    come();
    expect([connection.place, server.hellos.length, clock.pending]).toEqual(['END', 2, 0]);
  });

  test('END ends them for good', () => {
    const { clock, server, connection } = polling();
    server.tell({ type: 'END', reason: 'operator' });
    clock.advance(GIVE_UP_MS);
    expect([connection.place, server.socket.closedWith, server.hellos.length]).toEqual(['END', 1000, 3]);
  });
});

describe('online', () => {
  test('hurries a pause, however long', () => {
    const { clock, server, load } = setUp();
    const connection = load();
    connection.start();
    for (let tries = 0; tries < 8; tries++) {
      server.reply(null);
      if (tries < 7) clock.advance(60_000);
    }
    const before = server.hellos.length;
    connection.hurry();
    expect(server.hellos.length).toBe(before + 1);
    server.listen();
    expect(connection.place).toBe('LISTEN');
  });

  test('asks anew what was asked without a network; its late answer is void', () => {
    const { server, load } = setUp();
    const connection = load();
    connection.start();
    server.admit();
    connection.hurry();
    const [old] = server.sockets;
    old?.handlers.opened();
    expect([connection.place, old?.closedWith]).toEqual(['INIT', 1000]);
    server.listen();
    expect(connection.place).toBe('LISTEN');
  });

  test('leaves alone a connection that holds, and what has ended', () => {
    const { server, connection } = listening();
    connection.hurry();
    expect([connection.place, server.hellos.length]).toEqual(['LISTEN', 1]);
    connection.leave();
    connection.hurry();
    expect([connection.place, server.hellos.length]).toEqual(['END', 1]);
  });
});

describe('goodbye', () => {
  test('[PO1] leave posts every unacked frame and a goodbye, and closes the socket with 1000', () => {
    const { clock, server, connection } = listening();
    connection.push(custom('sent, not acked'), HOME);
    clock.advance(FLUSH_MS);
    server.socket.inbox = [];
    connection.push(custom('not sent'), HOME);
    connection.leave();
    server.commitPosts();
    expect(names(server.stored())).toEqual(['sent, not acked', 'not sent']);
    expect(server.sessions.get('session-1')?.goodbyes).toBe(1);
    expect(server.socket.closedWith).toBe(1000);
    expect(clock.pending).toBe(0);
  });

  test('[AK4] the next page resends what the post may have lost, and never the goodbye', () => {
    const { server, connection, load } = listening();
    connection.push(custom('a'), HOME);
    connection.leave();
    server.posts.length = 0;
    const next = load();
    next.push(custom('b'), HOME);
    next.start();
    server.listen();
    server.commit();
    expect(names(server.stored())).toEqual(['a', 'b']);
    expect(server.sessions.get('session-1')?.goodbyes).toBe(0);
  });

  test('[AK4] what came by post and is resent by the next page is stored once', () => {
    const { server, connection, load } = listening();
    connection.push(custom('a'), HOME);
    connection.leave();
    const next = load();
    next.start();
    server.listen();
    server.commit();
    server.commitPosts();
    expect(names(server.stored())).toEqual(['a']);
    expect(server.refused).toEqual(['frame-duplicate']);
  });

  test('a page left before its hello was answered leaves its events to the session that the next page begins', () => {
    const { server, load } = setUp();
    const first = load();
    first.push(custom('a'), HOME);
    first.start();
    first.leave();
    expect(server.posts).toEqual([]);
    const next = load();
    next.push(custom('b'), HOME);
    next.start();
    server.listen();
    server.commit();
    expect(names(server.stored())).toEqual(['a', 'b']);
  });

  test('a page left before its hello was answered posts in the name of the session it came with', () => {
    const { server, connection, load } = listening();
    connection.leave();
    server.posts.length = 0;
    const next = load();
    next.start();
    next.push(custom('in between'), HOME);
    next.leave();
    server.commitPosts();
    expect(names(server.stored())).toEqual(['in between']);
  });

  test('a duplicated tab finds nothing to resume while its original lives', () => {
    const { server, connection, load } = listening();
    connection.push(custom('a'), HOME);
    const duplicate = load();
    duplicate.start();
    expect(server.hellos.at(-1)).not.toHaveProperty('session');
  });

  test('a post keeps under its bound: recorded DOM stays behind for the next page, events go', () => {
    const { server, connection, load } = listening();
    connection.push(layoutOf(50_000), HOME);
    for (let i = 0; i < 10; i++) connection.push(custom(`n${i}`, 'x'.repeat(2_000)), HOME);
    connection.leave();
    expect(server.posts.length).toBe(1);
    expect(server.posts[0]?.length).toBeLessThanOrEqual(POST_MAX_BYTES);
    server.commitPosts();
    expect(names(server.stored()).filter((name) => name !== 'dom').length).toBe(10);
    const next = load();
    next.start();
    server.listen();
    server.commit();
    expect(names(server.stored())).toContain('dom');
  });

  test('a refused beacon is tried smaller, at last with the goodbye alone', () => {
    const { server, connection } = listening();
    server.beaconMaxBytes = 300;
    for (let i = 0; i < 10; i++) connection.push(custom(`n${i}`, 'x'.repeat(4_000)), HOME);
    connection.leave();
    const post = decodePost(server.posts[0] ?? new Uint8Array());
    expect(post.ok && post.value.frames.map((bytes) => decoded(bytes).goodbye)).toEqual([true]);
    expect(server.remains).not.toBeNull();
  });

  test('[PO2] stop says goodbye on the socket and leaves nothing to the next page', () => {
    const { server, connection } = listening();
    connection.push(custom('a'), HOME);
    connection.close();
    expect(connection.place).toBe('END');
    server.commit();
    expect(names(server.stored())).toEqual(['a']);
    expect(server.sessions.get('session-1')?.goodbyes).toBe(1);
    expect(server.posts).toEqual([]);
    expect(server.remains).toBeNull();
  });

  test('[LC2] after the end nothing is sent, kept or thrown; what is asked is counted as ignored', () => {
    const { clock, server, connection } = listening();
    connection.leave();
    connection.start();
    connection.leave();
    connection.close();
    connection.push(custom('late'), HOME);
    connection.flush();
    clock.advance(GIVE_UP_MS);
    expect(connection.stats).toMatchObject({ place: 'END', ignored: 3 });
    expect([server.hellos.length, server.posts.length]).toEqual([1, 1]);
  });
});
