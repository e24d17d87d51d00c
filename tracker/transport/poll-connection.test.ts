import { describe, expect, test } from 'vitest';
import { SimulatedClock } from '../../engine/clock/simulated-clock.ts';
import { decodePost, encodePost } from '../../engine/protocol/codec/post.ts';
import { FRAME_MAX_BYTES } from '../../engine/protocol/limits.ts';
import { createOpenPolls, POLL_MAX_BYTES, POLL_PACE_MS, POLL_TIMEOUT_MS } from './poll-connection.ts';

/** One post as the server sees it. */
type Seen = { readonly frames: readonly string[]; readonly bytes: number; isGivenUp: boolean; answer(body: unknown): void };

const frame = (text: string) => new TextEncoder().encode(text);
const nothing = { messages: [] };
const ack = (seq: number) => ({ type: 'ACK', seq });

/** A connection that was just opened, and all it does. */
function opened() {
  const clock = new SimulatedClock();
  const posts: Seen[] = [];
  const log: string[] = [];
  const open = createOpenPolls({
    clock,
    encode: encodePost,
    post(url, bytes, answered) {
      const post = decodePost(bytes);
      if (!post.ok) throw new Error(post.reason);
      expect([url, post.value.session, post.value.resume]).toEqual(['http://lab.example/q', 'session-1', 'ticket-1']);
      const frames = post.value.frames.map((each) => new TextDecoder().decode(each));
      const seen: Seen = { frames, bytes: bytes.length, isGivenUp: false, answer: answered };
      posts.push(seen);
      return () => {
        seen.isGivenUp = true;
      };
    },
  });
  const socket = open(
    { pollUrl: 'http://lab.example/q', session: 'session-1', ticket: 'ticket-1' },
    { opened: () => log.push('opened'), message: (text) => log.push(text), closed: (code) => log.push(`closed ${code}`) },
  );
  const frames = () => posts.map((post) => post.frames);
  return { clock, posts, frames, log, socket };
}

describe('polls', () => {
  test('[PO3] count as opened once open has returned, and frames of that moment go with the first post', () => {
    const { clock, frames, log, socket } = opened();
    expect([log, frames()]).toEqual([[], []]);
    socket.send(frame('a'));
    socket.send(frame('b'));
    clock.advance(0);
    expect(frames()).toEqual([['a', 'b']]);
  });

  test('[PO4] one is always on its way: an answer is followed by the next', () => {
    const { clock, posts, log } = opened();
    clock.advance(0);
    expect([log, posts.length]).toEqual([['opened'], 1]);
    posts[0]?.answer({ messages: [ack(1), ack(2)] });
    expect(log).toEqual(['opened', JSON.stringify(ack(1)), JSON.stringify(ack(2))]);
    clock.advance(20_000);
    posts[1]?.answer(nothing);
    expect(posts.length).toBe(3);
  });

  test('[PO4] frames do not wait for an answer, and the poll that they overtake is not repeated', () => {
    const { clock, posts, frames, socket } = opened();
    clock.advance(0);
    socket.send(frame('a'));
    clock.advance(0);
    expect(frames()).toEqual([[], ['a']]);
    posts[0]?.answer(nothing);
    clock.advance(POLL_PACE_MS);
    expect(posts.length).toBe(2);
    posts[1]?.answer({ messages: [ack(1)] });
    expect(posts.length).toBe(3);
  });

  test('a post stays under the wire’s bound, a frame that is larger than all together may be goes alone, order is kept', () => {
    const { clock, posts, frames, socket } = opened();
    const sent = [20_000, 20_000, 20_000, POLL_MAX_BYTES + 1, 10, 20_000].map((size, index) => String(index).repeat(size));
    for (const text of sent) socket.send(frame(text));
    clock.advance(0);
    expect(frames().flat()).toEqual(sent);
    expect(frames().map((each) => each.length)).toEqual([3, 1, 2]);
    for (const { bytes } of posts) expect(bytes).toBeLessThanOrEqual(FRAME_MAX_BYTES);
  });

  test('who answers with nothing at once is asked once a second', () => {
    const { clock, posts } = opened();
    clock.advance(0);
    for (let second = 1; second <= 5; second++) {
      posts.at(-1)?.answer(nothing);
      clock.advance(POLL_PACE_MS - 1);
      expect(posts.length).toBe(second);
      clock.advance(1);
      expect(posts.length).toBe(second + 1);
    }
  });

  test('frames do not wait for that second', () => {
    const { clock, posts, frames, socket } = opened();
    clock.advance(0);
    posts[0]?.answer(nothing);
    socket.send(frame('a'));
    clock.advance(0);
    expect(frames()).toEqual([[], ['a']]);
    clock.advance(POLL_PACE_MS * 2);
    expect(posts.length).toBe(2);
  });
});

describe('the end', () => {
  test('[PO4] a code that the server closed with is passed on after its messages', () => {
    const { clock, posts, log } = opened();
    clock.advance(0);
    posts[0]?.answer({ messages: [{ type: 'END', reason: 'operator' }], closed: 1008 });
    expect(log).toEqual(['opened', '{"type":"END","reason":"operator"}', 'closed 1008']);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ['no answer or a refusal', null],
    ['a stranger’s page', { hello: 'wifi' }],
    ['text', 'ok'],
  ])('[PO5] %s closes with 1006, once, and what else is on its way is given up', (_name, body) => {
    const { clock, posts, log, socket } = opened();
    clock.advance(0);
    socket.send(frame('a'));
    clock.advance(0);
    posts[1]?.answer(body);
    posts[0]?.answer({ messages: [ack(1)] });
    socket.send(frame('b'));
    socket.close(1000);
    clock.advance(POLL_TIMEOUT_MS);
    expect([log, posts.length, posts[0]?.isGivenUp]).toEqual([['opened', 'closed 1006'], 2, true]);
    expect(clock.pending).toBe(0);
  });

  test('a poll that nobody answers closes with 1006', () => {
    const { clock, log } = opened();
    clock.advance(POLL_TIMEOUT_MS - 1);
    expect(log).toEqual(['opened']);
    clock.advance(1);
    expect(log).toEqual(['opened', 'closed 1006']);
  });

  test('close gives up the poll and calls nothing back', () => {
    const { clock, posts, log, socket } = opened();
    clock.advance(0);
    socket.close(1000);
    posts[0]?.answer({ messages: [ack(1)] });
    clock.advance(POLL_TIMEOUT_MS);
    expect([log, posts.length, posts[0]?.isGivenUp, clock.pending]).toEqual([['opened'], 1, true, 0]);
  });

  test('closed before it opened, it posts nothing', () => {
    const { clock, posts, log, socket } = opened();
    socket.close(1000);
    clock.advance(POLL_TIMEOUT_MS);
    expect([log, posts, clock.pending]).toEqual([[], [], 0]);
  });

  test('[AK4] a goodbye brings along what may still be on its way, so that nothing arrives behind it', () => {
    const { clock, frames, socket } = opened();
    socket.send(frame('a'));
    clock.advance(0);
    socket.send(frame('b'));
    socket.send(frame('goodbye'));
    socket.close(1000);
    expect(frames()).toEqual([['a'], ['a', 'b', 'goodbye']]);
  });
});
