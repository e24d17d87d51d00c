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
  const doubts: number[] = [];
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
    () => doubts.push(clock.nowMs()),
  );
  live.start();
  const last = () => sockets.at(-1) ?? expect.fail('no socket was opened');
  const say = (message: LiveMessage) => last().handlers.received(JSON.stringify(message));
  const open = () => {
    last().handlers.opened();
    say({ type: 'welcome', node: 'n1', version: '1', serverTimeMs: clock.nowMs() + 250 });
  };
  return { clock, live, sockets, last, say, open, doubts };
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
    last().handlers.closed(1006);
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
      last().handlers.closed(1006);
      let pauseMs = 0;
      while (sockets.length === before) {
        clock.advance(500);
        pauseMs += 500;
      }
      pauses.push(pauseMs);
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000]);
    open();
    last().handlers.closed(1006);
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
    old.handlers.closed(1006);
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

  it('after stop nothing is opened any more, and what comes late is not heard', () => {
    const { clock, live, sockets, last, say, open } = rig();
    open();
    live.stop();
    expect(last().isClosed).toBe(true);
    say(PULSE);
    last().handlers.closed(1006);
    live.retryNow();
    clock.advance(60_000);
    expect(sockets).toHaveLength(1);
    expect(live.connection.value.status).toBe('connecting');
    expect(clock.pending).toBe(0);
  });

  it('started again after a stop, it connects at once and asks every watch again', () => {
    const { clock, live, sockets, last, open } = rig();
    live.watch('pulse', { type: 'watch-pulse', app: 'demo' }, () => {});
    last().handlers.closed(1006);
    clock.advance(100);
    live.stop();
    live.start();
    live.start();
    expect(sockets).toHaveLength(2);
    open();
    expect(last().sent).toEqual(['{"type":"watch-pulse","app":"demo"}']);
    clock.advance(4_000);
    expect(sockets).toHaveLength(2);
  });

  it('a handshake that failed raises the doubt that nobody is signed in; a connection that dropped does not', () => {
    const { live, last, open, doubts } = rig();
    open();
    last().handlers.closed(1006);
    expect(doubts).toHaveLength(0);
    live.retryNow();
    last().handlers.closed(1006);
    expect(doubts).toHaveLength(1);
  });

  it('one that is let in and turned out with 1008 is in doubt, and tries again after 15 s only', () => {
    const { clock, sockets, last, open, doubts } = rig();
    for (let round = 1; round <= 3; round++) {
      open();
      last().handlers.closed(1008);
      expect(doubts).toHaveLength(round);
      clock.advance(14_999);
      expect(sockets).toHaveLength(round);
      clock.advance(1);
      expect(sockets).toHaveLength(round + 1);
    }
  });

  it('stopped by the doubt itself, it does not try again', () => {
    const { clock, live, sockets, last, open } = rig();
    open();
    last().handlers.closed(1008);
    live.stop();
    clock.advance(60_000);
    expect(sockets).toHaveLength(1);
  });
});
