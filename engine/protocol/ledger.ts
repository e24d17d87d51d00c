/**
 * Which numbered events of a session are stored: the server's half of "an acked event is stored exactly once".
 *
 * Frames may come late, twice, or out of order (socket and beacon race). Each is taken as it comes; what is missing
 * below the highest stored number is a gap, and a later frame may fill it. The ack is the end of the first unbroken run:
 * everything up to it is stored, or was declared gone by the tracker itself (SPEC AK1–AK6).
 */
import type { DropReason } from './drop-reasons.ts';
import { LEDGER_MAX_GAPS } from './limits.ts';
import { ok, type Result, refuse } from './result.ts';

/** Missing numbers, both ends included. */
export type Gap = readonly [first: number, last: number];

/** Plain data, kept beside the session in the store and moved in the same transaction as its events. */
export type Ledger = {
  /** Highest number stored; 0 before the first. */
  readonly highSeq: number;
  /** Missing runs below it, ascending. Usually empty. */
  readonly gaps: readonly Gap[];
  /** Numbers that will never come: the tracker gave them up, or the bound on gaps was reached. */
  readonly lost: number;
};

export const EMPTY_LEDGER: Ledger = { highSeq: 0, gaps: [], lost: 0 };

type Numbers = { readonly firstSeq: number; readonly count: number; readonly baseSeq: number };

/** The cumulative ack: the tracker may forget every event up to this number. */
export function ackOf(ledger: Ledger): number {
  const [first] = ledger.gaps;
  return first ? first[0] - 1 : ledger.highSeq;
}

/**
 * Takes a frame's numbers into the ledger. Pure: nothing changes when it refuses.
 * @returns the ledger after it, or `frame-duplicate` (already stored: ack again, do not store) or `frame-overlap`
 * (some numbers stored, some not: frames are immutable, so this is no frame of ours).
 */
export function admit(ledger: Ledger, numbers: Numbers): Result<Ledger, DropReason> {
  const settled = giveUpBelow(ledger, numbers.baseSeq);
  if (numbers.count === 0) return ok(settled);
  const first = numbers.firstSeq;
  const last = first + numbers.count - 1;
  if (first > settled.highSeq) {
    const gaps = first > settled.highSeq + 1 ? [...settled.gaps, [settled.highSeq + 1, first - 1] as const] : settled.gaps;
    return ok(bounded({ ...settled, highSeq: last, gaps }));
  }
  // Looked up in the old gaps as well: a frame below its own baseSeq cannot be, so settled and ledger agree here.
  const holder = settled.gaps.find((gap) => first <= gap[1] && last >= gap[0]);
  if (!holder) return refuse(last <= settled.highSeq ? 'frame-duplicate' : 'frame-overlap');
  if (first < holder[0] || last > holder[1]) return refuse('frame-overlap');
  const gaps = settled.gaps.flatMap((gap) => (gap === holder ? without(gap, first, last) : [gap]));
  // A frame in the middle of a gap makes two of it.
  return ok(bounded({ ...settled, gaps }));
}

/** The tracker holds nothing below `baseSeq` any more: gaps there are lost, and missing numbers at the top too. */
function giveUpBelow(ledger: Ledger, baseSeq: number): Ledger {
  let { highSeq, lost } = ledger;
  if (baseSeq - 1 <= ackOf(ledger)) return ledger;
  const gaps: Gap[] = [];
  for (const [first, last] of ledger.gaps) {
    lost += Math.max(0, Math.min(last, baseSeq - 1) - first + 1);
    if (last >= baseSeq) gaps.push([Math.max(first, baseSeq), last]);
  }
  if (baseSeq - 1 > highSeq) {
    lost += baseSeq - 1 - highSeq;
    highSeq = baseSeq - 1;
  }
  return { highSeq, gaps, lost };
}

function without([first, last]: Gap, from: number, to: number): Gap[] {
  const rest: Gap[] = [];
  if (first < from) rest.push([first, from - 1]);
  if (to < last) rest.push([to + 1, last]);
  return rest;
}

function bounded(ledger: Ledger): Ledger {
  if (ledger.gaps.length <= LEDGER_MAX_GAPS) return ledger;
  const [oldest, ...gaps] = ledger.gaps as [Gap, ...Gap[]];
  return { ...ledger, gaps, lost: ledger.lost + oldest[1] - oldest[0] + 1 };
}
