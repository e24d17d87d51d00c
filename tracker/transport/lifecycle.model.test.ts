/**
 * The tracker's end of the mirror: every path over the lifecycle table, up to a length, drives a real connection
 * through its ports, and after each event both must stand in the same place.
 *
 * Two kinds of steps stay out, because the tracker's end cannot be made to take them: FLUSHED comes by itself, in the
 * same moment as CLOSING; and nothing leaves CLOSING by HELLO_BEGUN, since a page that comes back has a new connection.
 */
import { expect, test } from 'vitest';
import { SimulatedClock } from '../../engine/clock/simulated-clock.ts';
import {
  END,
  INITIAL,
  LIFECYCLE,
  LIFECYCLE_EVENTS,
  type LifecycleEvent,
  type Place,
  STATES,
  step,
} from '../../engine/protocol/lifecycle.ts';
import { Connection, GIVE_UP_MS, SOCKET_TRIES } from './connection.ts';
import { SimulatedServer } from './simulated-server.ts';

const LENGTH_MAX = 9;
const PAGE = { url: 'https://shop.example/', viewportWidth: 1, viewportHeight: 1, pageWidth: 1, pageHeight: 1 };

type World = { readonly clock: SimulatedClock; readonly server: SimulatedServer; readonly connection: Connection };

/** How the world makes each event happen at the tracker's end. */
const CAUSES: Readonly<Record<Exclude<LifecycleEvent, 'FLUSHED'>, (world: World) => void>> = {
  HELLO_BEGUN: ({ connection }) => connection.start(),
  HELLO_ADMITTED: ({ server }) => server.admit(),
  HELLO_REFUSED: ({ server }) => server.reply({ status: 403, body: null }),
  SOCKET_OPENED: ({ server }) => server.sockets.at(-1)?.handlers.opened(),
  SOCKET_DROPPED: ({ server }) => server.sockets.at(-1)?.handlers.closed(1006),
  GOODBYE_SAID: ({ connection }) => connection.leave(),
  DEADLINE_PASSED: ({ clock, server }) => {
    // Nobody answers until the page gives up.
    server.reply(null);
    clock.advance(GIVE_UP_MS + 60_000);
  },
  CLOSE: ({ connection }) => connection.close(),
};

/** A page where no socket opens: its next connection, and each until one of them breaks, is made of polls. */
function blocked({ connection, server, clock }: World): void {
  for (let tries = 0; tries < SOCKET_TRIES; tries++) {
    connection.start();
    server.admit();
    server.drop();
  }
  // Without what it was waiting for, it stands where every path begins.
  expect([connection.place, clock.pending]).toEqual([INITIAL, 2]);
}

type Path = { readonly events: readonly LifecycleEvent[]; readonly places: readonly Place[] };

/** Every path from INIT with its places, each event allowed by the table where it stands. */
function* paths(place: Place, { events, places }: Path): Generator<Path> {
  if (events.length > 0) yield { events, places };
  if (events.length === LENGTH_MAX || place === END || place === 'CLOSING') return;
  for (const event of Object.keys(LIFECYCLE[place]) as LifecycleEvent[]) {
    // Without a hello under way nobody admits, refuses, or gives up.
    if (events.length === 0 && !['HELLO_BEGUN', 'GOODBYE_SAID', 'CLOSE'].includes(event)) continue;
    // A connection that holds never gives up: its deadline begins when it breaks.
    if (place === 'LISTEN' && event === 'DEADLINE_PASSED') continue;
    // A ticket opens one socket: after a drop only the next hello brings another.
    if (event === 'SOCKET_OPENED' && events[events.length - 1] !== 'HELLO_ADMITTED') continue;
    const next = step(place, event);
    if (next !== null) yield* paths(next, { events: [...events, event], places: [...places, next] });
  }
}

test.each([
  ['sockets', () => undefined],
  ['polls', blocked],
])('[LC4] on every path over the table the tracker stands where step() says: %s', (_name, prepare) => {
  const edges = new Set<string>();
  let count = 0;
  for (const { events, places } of paths(INITIAL, { events: [], places: [] })) {
    const clock = new SimulatedClock();
    const server = new SimulatedServer(clock);
    const connection = new Connection({
      ports: server.ports,
      facts: () => ({ app: 'a', referrer: '', browser: '', OS: '', url: PAGE.url, tab: 't' }),
    });
    const world = { clock, server, connection };
    prepare(world);
    let before: Place = INITIAL;
    events.forEach((event, index) => {
      if (event === 'FLUSHED') throw new Error('comes by itself');
      connection.push({ kind: 'custom', atMs: clock.nowMs(), name: event, props: '' }, PAGE);
      CAUSES[event](world);
      const expected = places[index] === 'CLOSING' ? END : places[index];
      expect(connection.place, events.slice(0, index + 1).join(' ')).toBe(expected);
      edges.add(`${before} ${event}`);
      before = places[index] ?? END;
    });
    count++;
  }
  const all = STATES.flatMap((state) => Object.keys(LIFECYCLE[state]).map((event) => `${state} ${event}`));
  const unseen = all.filter((edge) => !edges.has(edge));
  expect(unseen).toEqual(['LISTEN DEADLINE_PASSED', 'CLOSING HELLO_BEGUN', 'CLOSING FLUSHED']);
  expect(count).toBeGreaterThan(500);
});

test('[LC2] events that the table does not have, at any place, change nothing and throw nothing', () => {
  for (const place of ['INIT', 'CONNECT', 'LISTEN', END] as const) {
    for (const event of LIFECYCLE_EVENTS) {
      if (event === 'FLUSHED' || event === 'DEADLINE_PASSED' || step(place, event) !== null) continue;
      const clock = new SimulatedClock();
      const server = new SimulatedServer(clock);
      const connection = new Connection({
        ports: server.ports,
        facts: () => ({ app: 'a', referrer: '', browser: '', OS: '', url: PAGE.url, tab: 't' }),
      });
      connection.start();
      if (place !== 'INIT') server.admit();
      if (place === 'LISTEN' || place === END) server.open();
      if (place === END) connection.leave();
      CAUSES[event]({ clock, server, connection });
      const dropsBeforeOpen = place === 'CONNECT' && event === 'SOCKET_DROPPED';
      expect(connection.place, `${place} ${event}`).toBe(dropsBeforeOpen ? 'CONNECT' : place);
    }
  }
});
