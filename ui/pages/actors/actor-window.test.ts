import { describe, expect, it } from 'vitest';
import type { ActorRow } from '../../../engine/protocol/live.ts';
import type { TopicMessage } from '../../state/live-client.ts';
import { takeActors } from './actor-window.ts';

const actor = (session: string, inbox = 0): ActorRow => ({
  session,
  app: 'demo',
  visitor: 'v',
  state: 'LISTEN',
  sinceMs: 1,
  startedMs: 1,
  inbox,
  inboxMax: 64,
  unackedEvents: 0,
  eventsPerSec: 0,
  bytesPerSec: 0,
  url: '',
  device: 'desktop',
  browser: '',
  node: 'n1',
  restarts: 0,
  quarantined: false,
});
const message = (full: boolean, order: string[], rows: ActorRow[]): TopicMessage<'actors'> => ({
  type: 'actors',
  full,
  total: order.length,
  states: { INIT: 0, CONNECT: 0, LISTEN: order.length, CLOSING: 0 },
  order,
  rows,
  edges: {},
});

describe('actor window', () => {
  it('a delta changes the rows it names, keeps the others and forgets those that left', () => {
    const full = takeActors(undefined, message(true, ['a', 'b'], [actor('a'), actor('b')]), 0);
    const next = takeActors(full, message(false, ['b', 'c'], [actor('c'), actor('b', 7)]), 0);
    expect([...next.rows.keys()]).toEqual(['b', 'c']);
    expect(next.rows.get('b')?.inbox).toBe(7);
  });

  it('the window moves with the full picture that answers the move, not before', () => {
    const full = takeActors(undefined, message(true, ['a'], [actor('a')]), 0);
    const delta = takeActors(full, message(false, ['a'], []), 100);
    expect(delta.offset).toBe(0);
    expect(takeActors(delta, message(true, ['x'], [actor('x')]), 100).offset).toBe(100);
  });
});
