import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { SimulatedClock } from '../../engine/clock/simulated-clock.ts';
import { HEARTBEAT_MS, startHeartbeat } from './heartbeat.ts';

/** How ws reports a connection that was cut, not closed. */
const CUT = 1006;

let clock: SimulatedClock;
let server: WebSocketServer;
let stop: () => void;

beforeEach(async () => {
  clock = new SimulatedClock();
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  stop = startHeartbeat(clock, server);
  await once(server, 'listening');
});

afterEach(async () => {
  stop();
  for (const peer of server.clients) peer.terminate();
  await new Promise((done) => server.close(done));
});

/** Both ends of one connection. @param autoPong false: a peer that is there but never answers */
async function connect(autoPong: boolean): Promise<{ client: WebSocket; peer: WebSocket }> {
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  const client = new WebSocket(`ws://127.0.0.1:${port}`, { autoPong });
  const [[peer]] = await Promise.all([accepted, once(client, 'open')]);
  return { client, peer };
}

/** One heartbeat, and the peer has its ping. */
async function beat(client: WebSocket): Promise<void> {
  const pinged = once(client, 'ping');
  clock.advance(HEARTBEAT_MS);
  await pinged;
}

/** One heartbeat, and its answer has come back. */
async function answeredBeat(peer: WebSocket): Promise<void> {
  const answered = once(peer, 'pong');
  clock.advance(HEARTBEAT_MS);
  await answered;
}

test('[SM4] two heartbeats without an answer end a connection', async () => {
  const { client, peer } = await connect(false);
  await beat(client);
  await beat(client);
  expect(peer.readyState).toBe(WebSocket.OPEN);
  const closed = once(peer, 'close');
  clock.advance(HEARTBEAT_MS);
  const [code] = await closed;
  expect(code).toBe(CUT);
});

test('[SM4] a client that answers stays, and its silent neighbour goes', async () => {
  const answering = await connect(true);
  const silent = await connect(false);
  const closed = once(silent.peer, 'close');
  for (let i = 0; i < 10; i++) await answeredBeat(answering.peer);
  await closed;
  expect(answering.peer.readyState).toBe(WebSocket.OPEN);
  expect(server.clients.size).toBe(1);
});

test('[SM4] an answer in time starts the count anew', async () => {
  const { client, peer } = await connect(false);
  await beat(client);
  const answered = once(peer, 'pong');
  client.pong();
  await answered;
  await beat(client);
  await beat(client);
  expect(peer.readyState).toBe(WebSocket.OPEN);
  const closed = once(peer, 'close');
  clock.advance(HEARTBEAT_MS);
  await closed;
});

test('[SM4] stopped, it pings nobody and leaves no timer', () => {
  expect(clock.pending).toBe(1);
  stop();
  expect(clock.pending).toBe(0);
});
