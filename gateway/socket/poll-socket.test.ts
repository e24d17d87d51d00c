import { beforeEach, expect, test } from 'vitest';
import { SimulatedClock } from '../../engine/clock/simulated-clock.ts';
import type { ServerMessage } from '../../engine/protocol/messages.ts';
import { POLL_GRACE_MS, POLL_HOLD_MS, PollSocket } from './poll-socket.ts';

let clock: SimulatedClock;
let gone: number;
let socket: PollSocket;
beforeEach(() => {
  clock = new SimulatedClock(0);
  gone = 0;
  socket = new PollSocket(clock, () => gone++);
});

const ack = (seq: number): ServerMessage => ({ type: 'ACK', seq });

test('[PO4] nothing to say is said after a while; what is said meanwhile is said at once', async () => {
  const quiet = socket.poll();
  clock.advance(POLL_HOLD_MS);
  expect(await quiet).toEqual({ messages: [] });
  const waiting = socket.poll();
  socket.send(ack(1));
  expect(await waiting).toEqual({ messages: [ack(1)] });
});

test('[PO4] what is said between two polls waits; of several acks the last is enough', async () => {
  for (const message of [ack(1), { type: 'THIN', level: 1 }, ack(5)] as const) socket.send(message);
  expect(await socket.poll()).toEqual({ messages: [{ type: 'THIN', level: 1 }, ack(5)] });
});

test('[PO5] without a poll for long enough the connection is gone, once', () => {
  clock.advance(POLL_GRACE_MS - 1);
  void socket.poll();
  clock.advance(POLL_HOLD_MS);
  clock.advance(POLL_GRACE_MS - 1);
  expect(gone).toBe(0);
  clock.advance(1);
  expect(gone).toBe(1);
  clock.advance(2 * POLL_GRACE_MS);
  expect(gone).toBe(1);
});

test('[PO5] a poll that broke off is none', () => {
  void socket.poll();
  socket.abandon();
  clock.advance(POLL_GRACE_MS);
  expect(gone).toBe(1);
});

test('a peer that lets everything wait is let go of', () => {
  for (let i = 0; i < 257; i++) socket.send({ type: 'REFUSED', reason: 'inbox-full', retry: true });
  expect(gone).toBe(1);
});

test('[PO3] the close is told after all that was said before it', async () => {
  socket.send(ack(2));
  socket.close(1008);
  socket.send(ack(3));
  expect(await socket.poll()).toEqual({ messages: [ack(2)], closed: 1008 });
  expect(gone).toBe(1);
});
