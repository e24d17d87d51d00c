import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ackOf, admit, EMPTY_LEDGER, type Ledger } from './ledger.ts';
import { LEDGER_MAX_GAPS } from './limits.ts';

type Numbers = { readonly firstSeq: number; readonly count: number; readonly baseSeq: number };

/** Frames as a tracker cuts them: numbered without a hole. */
const frames = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 30 }).map((counts) => {
  let firstSeq = 1;
  return counts.map((count): Numbers => {
    const frame = { firstSeq, count, baseSeq: 1 };
    firstSeq += count;
    return frame;
  });
});
const shuffledFrames = frames.chain((all) => fc.shuffledSubarray(all, { minLength: all.length }).map((order) => ({ all, order })));
const ends = (all: readonly Numbers[]) => all.reduce((sum, { count }) => sum + count, 0);

/** The ledger after all of them; each must be taken. */
function take(ledger: Ledger, numbers: readonly Numbers[]): Ledger {
  return numbers.reduce((before, frame) => {
    const taken = admit(before, frame);
    if (!taken.ok) throw new Error(taken.reason);
    return taken.value;
  }, ledger);
}

test('[AK1] frames in any order come to the same ledger, without gap or loss', () => {
  fc.assert(
    fc.property(shuffledFrames, ({ all, order }) => {
      expect(take(EMPTY_LEDGER, order)).toEqual({ highSeq: ends(all), gaps: [], lost: 0 });
    }),
  );
});

test('[AK2] the ack never passes a number that is not stored, and is the end of the first unbroken run', () => {
  fc.assert(
    fc.property(shuffledFrames, fc.nat(30), ({ order }, some) => {
      const stored = new Set<number>();
      let ledger = EMPTY_LEDGER;
      for (const frame of order.slice(0, some)) {
        ledger = take(ledger, [frame]);
        for (let i = 0; i < frame.count; i++) stored.add(frame.firstSeq + i);
      }
      let run = 0;
      while (stored.has(run + 1)) run++;
      expect(ackOf(ledger)).toBe(run);
    }),
  );
});

test('[AK4] a frame that is stored is a duplicate, whenever it comes again', () => {
  fc.assert(
    fc.property(shuffledFrames, fc.nat(), ({ order }, pick) => {
      const again = order[pick % order.length] ?? { firstSeq: 1, count: 1, baseSeq: 1 };
      expect(admit(take(EMPTY_LEDGER, order), again)).toEqual({ ok: false, reason: 'frame-duplicate' });
    }),
  );
});

test('[AK5] what lies below baseSeq and is not stored is lost, is counted, and stalls nothing', () => {
  const ahead = take(EMPTY_LEDGER, [
    { firstSeq: 1, count: 2, baseSeq: 1 },
    { firstSeq: 6, count: 5, baseSeq: 1 },
  ]);
  expect(ahead).toEqual({ highSeq: 10, gaps: [[3, 5]], lost: 0 });
  expect(take(ahead, [{ firstSeq: 11, count: 1, baseSeq: 5 }])).toEqual({ highSeq: 11, gaps: [[5, 5]], lost: 2 });
  const all = take(ahead, [{ firstSeq: 15, count: 1, baseSeq: 15 }]);
  expect(all).toEqual({ highSeq: 15, gaps: [], lost: 7 });
  expect(ackOf(all)).toBe(15);
});

test('[AK5] every number is stored, missing or lost, once', () => {
  fc.assert(
    fc.property(shuffledFrames, fc.nat(30), fc.integer({ min: 1, max: 600 }), ({ order, all }, some, base) => {
      const part = take(EMPTY_LEDGER, order.slice(0, some));
      const baseSeq = Math.min(base, ends(all) + 1);
      const ledger = take(part, [{ firstSeq: ends(all) + 1, count: 1, baseSeq }]);
      const missing = ledger.gaps.reduce((sum, [first, last]) => sum + last - first + 1, 0);
      const stored = ends(order.slice(0, some)) + 1;
      expect(stored + missing + ledger.lost).toBe(ledger.highSeq);
      expect(ackOf(ledger)).toBeGreaterThanOrEqual(baseSeq - 1);
    }),
  );
});

test('[AK6] a frame ahead leaves a gap, which later frames fill in any order', () => {
  const ahead = take(EMPTY_LEDGER, [{ firstSeq: 7, count: 1, baseSeq: 1 }]);
  expect(ahead.gaps).toEqual([[1, 6]]);
  const middle = take(ahead, [{ firstSeq: 3, count: 2, baseSeq: 1 }]);
  expect(middle.gaps).toEqual([
    [1, 2],
    [5, 6],
  ]);
  expect(ackOf(middle)).toBe(0);
  const lower = take(middle, [{ firstSeq: 1, count: 2, baseSeq: 1 }]);
  expect(ackOf(lower)).toBe(4);
  expect(take(lower, [{ firstSeq: 5, count: 2, baseSeq: 1 }])).toEqual({ highSeq: 7, gaps: [], lost: 0 });
});

test('[AK6] gaps that frames in the middle of a gap make are bounded as well', () => {
  const inside = Array.from({ length: LEDGER_MAX_GAPS + 5 }, (_, i) => ({ firstSeq: 2 * i + 2, count: 1, baseSeq: 1 }));
  const ledger = take(EMPTY_LEDGER, [{ firstSeq: 2_000, count: 1, baseSeq: 1 }, ...inside]);
  expect(ledger.gaps).toHaveLength(LEDGER_MAX_GAPS);
});

test('[AK6] gaps are bounded: the oldest is given up as lost', () => {
  const odd = Array.from({ length: LEDGER_MAX_GAPS + 1 }, (_, i) => ({ firstSeq: 2 * i + 2, count: 1, baseSeq: 1 }));
  const ledger = take(EMPTY_LEDGER, odd);
  expect(ledger.gaps).toHaveLength(LEDGER_MAX_GAPS);
  expect(ledger).toMatchObject({ lost: 1, gaps: { 0: [3, 3] } });
});

test('[AK7] a frame that is stored in part is refused and changes nothing', () => {
  const ledger = take(EMPTY_LEDGER, [
    { firstSeq: 1, count: 4, baseSeq: 1 },
    { firstSeq: 8, count: 3, baseSeq: 1 },
  ]);
  for (const [firstSeq, count] of [
    [3, 3],
    [4, 1 + 3],
    [7, 2],
    [5, 4],
    [1, 20],
    [10, 2],
  ] as const) {
    expect(admit(ledger, { firstSeq, count, baseSeq: 1 })).toEqual({ ok: false, reason: 'frame-overlap' });
  }
  expect(ledger).toEqual({ highSeq: 10, gaps: [[5, 7]], lost: 0 });
});

test('[AK2] a frame without events moves nothing but what is given up', () => {
  const ledger = take(EMPTY_LEDGER, [{ firstSeq: 1, count: 4, baseSeq: 1 }]);
  expect(take(ledger, [{ firstSeq: 5, count: 0, baseSeq: 1 }])).toEqual(ledger);
});

/** The ledger's meaning in the simplest words: what became of each number. */
class Model {
  readonly stored = new Set<number>();
  readonly lost = new Set<number>();
  high = 0;

  /** What is done, is done: stored, or given up. */
  isDone(seq: number): boolean {
    return this.stored.has(seq) || this.lost.has(seq);
  }

  openRuns(): number[][] {
    const runs: number[][] = [];
    for (let seq = 1; seq <= this.high; seq++) {
      if (this.isDone(seq)) continue;
      const run = runs.at(-1);
      if (run?.at(-1) === seq - 1) run.push(seq);
      else runs.push([seq]);
    }
    return runs;
  }

  /** What the ledger must answer. */
  take({ firstSeq, count, baseSeq }: Numbers): 'ok' | 'frame-duplicate' | 'frame-overlap' {
    const isOpen = (seq: number) => !this.isDone(seq) && seq >= baseSeq;
    const numbers = Array.from({ length: count }, (_, i) => firstSeq + i);
    const open = numbers.filter(isOpen).length;
    if (open < count) return open === 0 ? 'frame-duplicate' : 'frame-overlap';
    for (let seq = 1; seq < baseSeq; seq++) if (!this.isDone(seq)) this.lost.add(seq);
    for (const seq of numbers) this.stored.add(seq);
    this.high = Math.max(this.high, baseSeq - 1, ...numbers);
    const runs = this.openRuns();
    if (runs.length > LEDGER_MAX_GAPS) for (const seq of runs[0] ?? []) this.lost.add(seq);
    return 'ok';
  }
}

/** Asks ledger and model the same and compares all there is to see. */
function agree(frames: readonly Numbers[]): void {
  const model = new Model();
  let ledger = EMPTY_LEDGER;
  for (const frame of frames) {
    const before = structuredClone(ledger);
    const taken = admit(ledger, frame);
    expect(taken.ok ? 'ok' : taken.reason).toBe(model.take(frame));
    expect(ledger).toEqual(before);
    if (taken.ok) ledger = taken.value;
    expect(ledger.gaps).toEqual(model.openRuns().map((run) => [run[0], run.at(-1)]));
    expect(ledger).toMatchObject({ highSeq: model.high, lost: model.lost.size });
    for (let seq = 1; seq <= ackOf(ledger); seq++) if (!model.isDone(seq)) throw new Error(`acked ${seq}, which is not done`);
  }
}

/** Any numbers that a header lets through, near enough to each other to meet. */
const anyNumbers = fc
  .tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 12 }), fc.oneof(fc.constant(0), fc.nat(400)))
  .map(([firstSeq, count, base]): Numbers => ({ firstSeq, count, baseSeq: 1 + Math.min(base, firstSeq - 1) }));

test('[AK2] [AK4] [AK5] [AK6] [AK7] any numbers in any order: the ledger is a set of what is stored and what is lost', () => {
  fc.assert(fc.property(fc.array(anyNumbers, { maxLength: 60 }), agree));
});

test('[AK2] [AK6] the same while the bound on gaps is reached again and again', () => {
  const single = fc.integer({ min: 1, max: 400 }).map((firstSeq): Numbers => ({ firstSeq, count: 1, baseSeq: 1 }));
  fc.assert(fc.property(fc.array(single, { minLength: 150, maxLength: 250 }), agree), { numRuns: 30 });
});

/** What a tracker and its channel do next: cut a frame, deliver one of the sent ones (again), give up its oldest, hear an ack. */
const tracking = fc.array(
  fc.oneof(
    fc.record({ does: fc.constant('send' as const), count: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ does: fc.constant('deliver' as const), which: fc.nat() }),
    fc.record({ does: fc.constant('give up' as const) }),
    fc.record({ does: fc.constant('hear' as const) }),
  ),
  { maxLength: 120 },
);

test('[AK1] [AK2] [AK4] frames late, twice, lost and given up: each is stored once, no ack names what is neither stored nor given up', () => {
  fc.assert(
    fc.property(tracking, (steps) => {
      const sent: Numbers[] = [];
      let held: Numbers[] = [];
      const givenUp = new Set<number>();
      const stored: number[] = [];
      const numbersOf = ({ firstSeq, count }: Numbers) => Array.from({ length: count }, (_, i) => firstSeq + i);
      let nextSeq = 1;
      let ledger = EMPTY_LEDGER;
      for (const step of steps) {
        if (step.does === 'send') {
          const frame = { firstSeq: nextSeq, count: step.count, baseSeq: held[0]?.firstSeq ?? nextSeq };
          sent.push(frame);
          held.push(frame);
          nextSeq += step.count;
        } else if (step.does === 'deliver') {
          const frame = sent[step.which % Math.max(1, sent.length)];
          const taken = frame && admit(ledger, frame);
          if (!frame || !taken) continue;
          if (taken.ok) {
            ledger = taken.value;
            stored.push(...numbersOf(frame));
          } else expect(taken.reason).toBe('frame-duplicate');
        } else if (step.does === 'give up') {
          const oldest = held.shift();
          if (oldest) for (const seq of numbersOf(oldest)) givenUp.add(seq);
        } else held = held.filter(({ firstSeq, count }) => firstSeq + count - 1 > ackOf(ledger));
        const kept = new Set(stored);
        expect(kept.size).toBe(stored.length);
        for (let seq = 1; seq <= ackOf(ledger); seq++) {
          if (!kept.has(seq) && !givenUp.has(seq)) throw new Error(`acked ${seq}, which is neither stored nor given up`);
        }
      }
    }),
    { numRuns: 300 },
  );
});
