import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../engine/clock/simulated-clock.ts';
import type { LiveMessage } from '../../engine/protocol/live.ts';
import { createLiveClient, type SocketHandlers } from './live-client.ts';

const PULSE: LiveMessage = {
  type: 'pulse',
  atMs: 1,
  states: { INIT: 0, CONNECT: 0, LISTEN: 2, CLOSING: 0 },
  active5min: 2,
  eventsPerSec: 9,
  dropped: 0,
  storeAway: false,
};

/** A client over sockets that the test opens, feeds and cuts. */
function rig() {
  const clock = new SimulatedClock();
  const sockets: { handlers: SocketHandlers; sent: string[]; isClosed: boolean }[] = [];
  const live = createLiveClient(
    (handlers) => {
      const socket = { handlers, sent: [] as string[], isClosed: false };
      sockets.push(socket);
      return {
        send: (text) => socket.sent.push(text),
        close: () => {
          socket.isClosed = true;
        },
      };
    },
    clock,
    () => 0.5,
  );
  const last = () => sockets.at(-1) ?? expect.fail('no socket was opened');
  const say = (message: LiveMessage) => last().handlers.received(JSON.stringify(message));
  const open = () => {
    last().handlers.opened();
    say({ type: 'welcome', node: 'n1', version: '1', serverTimeMs: clock.nowMs() + 250 });
  };
  return { clock, live, sockets, last, say, open };
}

describe('live client', () => {
  it('sends a watch when the socket opens, and listeners get their topic only', () => {
    const { live, last, say, open } = rig();
    const beats: number[] = [];
    live.watch('pulse', { type: 'watch-pulse', app: 'demo' }, (pulse) => beats.push(pulse.eventsPerSec));
    expect(last().sent).toEqual([]);
    open();
    expect(last().sent).toEqual(['{"type":"watch-pulse","app":"demo"}']);
    say(PULSE);
    say({ type: 'stored', sessions: ['s'], urls: [] });
    expect(beats).toEqual([9]);
  });

  it('asks every watch again on a new connection after the old one dropped', () => {
    const { clock, live, sockets, last, open } = rig();
    live.watch('pulse', { type: 'watch-pulse', app: 'demo' }, () => {});
    live.watch('stored', { type: 'watch-stored', app: 'demo' }, () => {});
    open();
    last().handlers.closed();
    expect(live.connection.value.status).toBe('lost');
    clock.advance(999);
    expect(sockets).toHaveLength(1);
    clock.advance(1);
    expect(sockets).toHaveLength(2);
    open();
    expect(last().sent).toEqual(['{"type":"watch-pulse","app":"demo"}', '{"type":"watch-stored","app":"demo"}']);
    expect(live.connection.value.status).toBe('open');
  });

  it('the pause doubles with every failure up to 15 s and starts over once a message came', () => {
    const { clock, sockets, last, open } = rig();
    const pauses: number[] = [];
    for (let i = 0; i < 6; i++) {
      const before = sockets.length;
      last().handlers.closed();
      let pauseMs = 0;
      while (sockets.length === before) {
        clock.advance(500);
        pauseMs += 500;
      }
      pauses.push(pauseMs);
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000]);
    open();
    last().handlers.closed();
    const before = sockets.length;
    clock.advance(1000);
    expect(sockets).toHaveLength(before + 1);
  });

  it('5 s of silence are a dead connection, and what it says afterwards is not heard', () => {
    const { clock, live, sockets, last, say, open } = rig();
    const beats: number[] = [];
    live.watch('pulse', { type: 'watch-pulse', app: 'demo' }, () => beats.push(clock.nowMs()));
    open();
    clock.advance(4999);
    say(PULSE);
    clock.advance(4999);
    expect(live.connection.value.status).toBe('open');
    const old = last();
    const asOfMs = live.connection.value.asOfMs;
    clock.advance(1);
    expect(live.connection.value).toEqual({ status: 'lost', asOfMs });
    expect(old.isClosed).toBe(true);
    old.handlers.received(JSON.stringify(PULSE));
    old.handlers.closed();
    expect(beats).toHaveLength(1);
    clock.advance(1000);
    expect(sockets).toHaveLength(2);
  });

  it('a topic is unwatched with its last listener only', () => {
    const { live, last, open } = rig();
    open();
    const endFirst = live.watch('stored', { type: 'watch-stored', app: 'demo' }, () => {});
    const endSecond = live.watch('stored', { type: 'watch-stored', app: 'demo' }, () => {});
    endFirst();
    expect(last().sent).not.toContain('{"type":"unwatch","topic":"stored"}');
    endSecond();
    endSecond();
    expect(last().sent.filter((text) => text.includes('unwatch'))).toHaveLength(1);
  });

  it('the server clock is known from its welcome', () => {
    const { live, open } = rig();
    open();
    expect(live.offsetMs.value).toBe(250);
  });

  it('text that is no JSON is skipped', () => {
    const { live, last, open } = rig();
    open();
    last().handlers.received('{"type":"pul');
    expect(live.connection.value.status).toBe('open');
  });

  it('after stop nothing is opened any more', () => {
    const { clock, live, sockets, last, open } = rig();
    open();
    live.stop();
    last().handlers.closed();
    clock.advance(60_000);
    expect(sockets).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});
