/**
 * Both ends and a channel that loses, repeats and cuts, explored to the last reachable state: the real table, the real
 * ledger, and an abstract tracker and server around them. Small bounds (two events, one crash, one return, one cut, one repeat)
 * suffice: every fault that we know of needs fewer.
 */
import { describe, expect, it } from 'vitest';
import { ackOf, admit, EMPTY_LEDGER, type Ledger } from './ledger.ts';
import { END, type LifecycleEvent, type Place, step } from './lifecycle.ts';

const EVENTS_MAX = 2;
/** Most messages under way on each leg. */
const LEG_MAX = 1;

type World = {
  tracker: { place: Place; nextSeq: number; held: number[]; socket: boolean };
  server: { place: Place; received: Ledger; committed: Ledger; pending: number[]; stored: number[]; socket: boolean; ticket: boolean };
  /** Hellos and answers by HTTP; frames and acks by socket, in order; posts by beacon. */
  hellos: number;
  answers: number[];
  frames: number[];
  acks: number[];
  posts: number[][];
  /** What the environment may still do. */
  cuts: number;
  crashes: number;
  returns: number;
  repeats: number;
};

type Rules = { step: typeof step; ackBeforeCommit: boolean; ledgerOff: boolean };
const RULES: Rules = { step, ackBeforeCommit: false, ledgerOff: false };

const FIRST: World = {
  tracker: { place: 'INIT', nextSeq: 1, held: [], socket: false },
  server: { place: END, received: EMPTY_LEDGER, committed: EMPTY_LEDGER, pending: [], stored: [], socket: false, ticket: false },
  hellos: 1,
  answers: [],
  frames: [],
  acks: [],
  posts: [],
  cuts: 1,
  crashes: 1,
  returns: 1,
  repeats: 1,
};

/** Every world that can come next, by the name of what happened. */
function* next(world: World, key: string, rules: Rules): Generator<[name: string, world: World]> {
  const make = (change: (w: World) => void): World => {
    const copy = JSON.parse(key) as World;
    change(copy);
    return copy;
  };
  const go = (end: { place: Place }, event: LifecycleEvent): boolean => {
    const to = rules.step(end.place, event);
    if (to !== null) end.place = to;
    return to !== null;
  };
  const { tracker, server } = world;

  // The tracker.
  if (tracker.place !== END && tracker.nextSeq <= EVENTS_MAX) {
    yield ['event', make((w) => w.tracker.held.push(w.tracker.nextSeq++))];
  }
  if ((tracker.place === 'INIT' || tracker.place === 'CONNECT') && world.hellos < LEG_MAX) {
    yield [
      'hello',
      make((w) => {
        if (go(w.tracker, 'HELLO_BEGUN')) w.hellos++;
      }),
    ];
  }
  if (tracker.place === 'CONNECT' && server.ticket && server.place === 'CONNECT') {
    yield [
      'open',
      make((w) => {
        w.server.ticket = false;
        w.server.socket = true;
        go(w.server, 'SOCKET_OPENED');
        if (go(w.tracker, 'SOCKET_OPENED')) w.tracker.socket = true;
      }),
    ];
  }
  if (tracker.place === 'LISTEN' && tracker.socket) {
    for (const seq of tracker.held) {
      // In the order of their numbers, each as often as it likes: what is kept may be sent again.
      if (world.frames.length >= LEG_MAX || !server.socket) break;
      yield [`send ${seq}`, make((w) => w.frames.push(seq))];
    }
  }
  if (tracker.place !== END && tracker.place !== 'CLOSING' && world.posts.length < LEG_MAX) {
    yield [
      'goodbye',
      make((w) => {
        w.posts.push([...w.tracker.held]);
        go(w.tracker, 'GOODBYE_SAID');
      }),
    ];
  }
  if (tracker.place === 'CLOSING') {
    yield [
      'tracker flushed',
      make((w) => {
        go(w.tracker, 'FLUSHED');
        w.tracker.socket = false;
      }),
    ];
  }
  if (tracker.place === END && world.returns > 0 && world.hellos < LEG_MAX) {
    yield [
      'the tab comes back',
      make((w) => {
        w.returns--;
        w.hellos++;
        w.tracker.place = 'INIT';
        w.frames = [];
        w.acks = [];
        w.answers = [];
      }),
    ];
  }
  if (world.answers.length > 0) {
    yield [
      'answer',
      make((w) => {
        const answer = w.answers.shift();
        if (answer !== undefined && w.tracker.place === 'INIT' && go(w.tracker, 'HELLO_ADMITTED')) forget(w, answer);
      }),
    ];
  }
  if (world.acks.length > 0) {
    yield [
      'ack',
      make((w) => {
        const ack = w.acks.shift();
        if (ack !== undefined && w.tracker.place !== END) forget(w, ack);
      }),
    ];
  }
  if (tracker.socket && !server.socket && tracker.place === 'LISTEN') {
    yield [
      'tracker notices the cut',
      make((w) => {
        w.tracker.socket = false;
        w.acks = [];
        go(w.tracker, 'SOCKET_DROPPED');
      }),
    ];
  }

  // The server.
  if (world.hellos > 0) {
    yield [
      'hello arrives',
      make((w) => {
        w.hellos--;
        hello(w, go);
      }),
    ];
    yield ['hello is lost', make((w) => w.hellos--)];
    if (world.repeats > 0) {
      yield [
        'hello arrives twice',
        make((w) => {
          w.repeats--;
          hello(w, go);
        }),
      ];
    }
  }
  if (world.frames.length > 0) {
    yield [
      'frame arrives',
      make((w) => {
        take(w, w.frames.shift(), rules);
      }),
    ];
  }
  if (world.posts.length > 0) {
    const arrives = (w: World) => {
      const [post] = w.posts;
      if (w.server.place === END) {
        // A late post brings the session back.
        if (w.server.committed.highSeq === 0) return;
        w.server.place = 'INIT';
        go(w.server, 'HELLO_ADMITTED');
      }
      for (const seq of post ?? []) take(w, seq, rules);
      go(w.server, 'GOODBYE_SAID');
    };
    yield [
      'post arrives',
      make((w) => {
        arrives(w);
        w.posts.shift();
      }),
    ];
    yield ['post is lost', make((w) => w.posts.shift())];
    if (world.repeats > 0) {
      yield [
        'post arrives twice',
        make((w) => {
          w.repeats--;
          arrives(w);
        }),
      ];
    }
  }
  if (server.pending.length > 0) {
    yield [
      'commit',
      make((w) => {
        commit(w, rules);
        if (w.server.socket && w.tracker.socket) w.acks = [ackOf(w.server.committed)];
      }),
    ];
  }
  if (server.socket && (world.cuts > 0 || !tracker.socket)) {
    yield [
      'the socket is cut',
      make((w) => {
        if (w.tracker.socket) w.cuts--;
        w.server.socket = false;
        w.frames = [];
        w.acks = [];
        go(w.server, 'SOCKET_DROPPED');
      }),
    ];
  }
  if (server.place === 'CONNECT') yield ['grace passes', make((w) => go(w.server, 'DEADLINE_PASSED'))];
  if (server.place === 'CLOSING' && server.pending.length === 0) {
    yield [
      'server flushed',
      make((w) => {
        go(w.server, 'FLUSHED');
        w.server.socket = false;
        w.frames = [];
        w.server.ticket = false;
      }),
    ];
  }
  if (world.crashes > 0 && server.place !== END) {
    yield [
      'the node crashes',
      make((w) => {
        w.crashes--;
        // What was not committed is gone with the process; the next one takes the session up in CONNECT.
        Object.assign(w.server, { place: 'CONNECT', received: w.server.committed, pending: [], socket: false, ticket: false });
        w.frames = [];
        w.acks = [];
      }),
    ];
  }
}

function forget(world: World, ack: number): void {
  const { tracker } = world;
  tracker.held = tracker.held.filter((seq) => seq > ack);
}

function hello(world: World, go: (end: { place: Place }, event: LifecycleEvent) => boolean): void {
  const { server } = world;
  if (server.place === END) Object.assign(server, { place: 'INIT', received: server.committed });
  else if (!go(server, 'HELLO_BEGUN')) return;
  // The hello takes over: the older socket is closed, the older ticket void.
  server.socket = false;
  world.frames = [];
  world.acks = [];
  if (!go(server, 'HELLO_ADMITTED')) return;
  server.ticket = true;
  world.answers = [ackOf(server.committed)];
}

function take(world: World, seq: number | undefined, rules: Rules): void {
  const { server, tracker } = world;
  if (seq === undefined || server.place === END) return;
  const admitted = admit(server.received, { firstSeq: seq, count: 1, baseSeq: Math.min(seq, ...tracker.held) });
  if (admitted.ok) server.received = admitted.value;
  else if (!rules.ledgerOff) return;
  server.pending.push(seq);
  server.pending.sort();
  if (rules.ackBeforeCommit && server.socket) world.acks = [ackOf(server.received)];
}

function commit(world: World, rules: Rules): void {
  const { server } = world;
  for (const seq of server.pending) {
    const admitted = admit(server.committed, { firstSeq: seq, count: 1, baseSeq: 1 });
    if (admitted.ok) server.committed = admitted.value;
    if (admitted.ok || rules.ledgerOff) server.stored.push(seq);
  }
  server.pending = [];
  server.stored.sort();
}

type Finding = { worlds: number; lost: string[]; twice: string[]; stuck: string[] };

/** True if an event that the tracker let go of because of an ack is not stored. */
function loses({ tracker, server }: World): boolean {
  for (let seq = 1; seq < tracker.nextSeq; seq++) if (!tracker.held.includes(seq) && !server.stored.includes(seq)) return true;
  return false;
}

/** Walks every reachable world, then backward from those where both ends are at the end. Stops at the first loss or double. */
function explore(rules: Rules): Finding {
  const start = JSON.stringify(FIRST);
  const keys = [start];
  const ids = new Map([[start, 0]]);
  /** By world: those it can be reached from. */
  const before: number[][] = [[]];
  const finding: Finding = { worlds: 0, lost: [], twice: [], stuck: [] };
  const ended: number[] = [];
  for (let id = 0; id < keys.length; id++) {
    const key = keys[id] as string;
    const world = JSON.parse(key) as World;
    if (loses(world)) finding.lost.push(key);
    if (new Set(world.server.stored).size < world.server.stored.length) finding.twice.push(key);
    if (finding.lost.length + finding.twice.length > 0) return finding;
    if (world.tracker.place === END && world.server.place === END) ended.push(id);
    for (const [, following] of next(world, key, rules)) {
      const nextKey = JSON.stringify(following);
      const known = ids.get(nextKey);
      if (known !== undefined) before[known]?.push(id);
      else {
        ids.set(nextKey, keys.length);
        before.push([id]);
        keys.push(nextKey);
      }
    }
  }
  const reaches = new Set(ended);
  for (let id = ended.pop(); id !== undefined; id = ended.pop()) {
    for (const earlier of before[id] ?? []) {
      if (reaches.has(earlier)) continue;
      reaches.add(earlier);
      ended.push(earlier);
    }
  }
  finding.worlds = keys.length;
  finding.stuck = keys.filter((_, id) => !reaches.has(id));
  return finding;
}

// Seconds each, most of them in JSON: the bounds are what a quick lane can bear.
describe('both ends over a channel that loses, repeats and cuts', { timeout: 120_000 }, () => {
  it('[LC3] [AK2] [AK3] no world is stuck, no acked event is missing, none is stored twice', () => {
    const finding = explore(RULES);
    expect(finding.worlds).toBeGreaterThan(100_000);
    expect(finding.lost.slice(0, 1)).toEqual([]);
    expect(finding.twice.slice(0, 1)).toEqual([]);
    expect(finding.stuck.slice(0, 1)).toEqual([]);
  });

  it('[LC3] finds the fault when the grace deadline is taken out of the table', () => {
    const broken: typeof step = (place, event) => (event === 'DEADLINE_PASSED' ? null : step(place, event));
    expect(explore({ ...RULES, step: broken }).stuck.length).toBeGreaterThan(0);
  });

  it('[AK3] finds the fault when acks go out before the commit', () => {
    expect(explore({ ...RULES, ackBeforeCommit: true }).lost.length).toBeGreaterThan(0);
  });

  it('[AK4] finds the fault when nobody looks at the ledger', () => {
    expect(explore({ ...RULES, ledgerOff: true }).twice.length).toBeGreaterThan(0);
  });
});
