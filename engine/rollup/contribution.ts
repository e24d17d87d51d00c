import { decodeFrame } from '../protocol/codec/frame.ts';
import { Aggregator } from './aggregate.ts';
import { type Facts, newVisitChanges } from './dimensions.ts';
import { packChanges } from './packed-changes.ts';
import { endChanges, type OpenPage } from './page-time.ts';
import { dayOf } from './rollups.ts';
import { RollupTotals } from './totals.ts';

/**
 * What stored frames, visits and ends have added to the rollups, summed so that it can be added once more (an import) or taken
 * away (an erasure). Sums commute: nothing else needs to be looked at.
 */
export class Contribution {
  readonly #aggregator = new Aggregator();
  readonly #totals = new RollupTotals();

  /** @returns false, with nothing counted, if it does not decode: bytes may spoil on a disk */
  addChunk(facts: Facts, bytes: Uint8Array, receivedMs: number): boolean {
    const frame = decodeFrame(bytes);
    if (frame.ok) this.#aggregator.add(facts, frame.value, receivedMs);
    return frame.ok;
  }

  /** @param facts those of the session that began the visit */
  addVisit(facts: Facts, startedMs: number, newVisitor: boolean): void {
    for (const change of newVisitChanges(facts, dayOf(startedMs), newVisitor)) this.#totals.add(change);
  }

  /** @param page the page that the session was on when it ended */
  addEnd(page: OpenPage, endedMs: number): void {
    for (const change of endChanges(page, endedMs)) this.#totals.add(change);
  }

  /** To be added, by packChanges. Ask once. */
  added(): Uint8Array {
    return this.#finish(1, () => true);
  }

  /** To be taken away, by packChanges. Ask once. @param keeps whether an app's rollups of a day are kept: others are left out */
  takenAway(keeps: (app: string, day: string) => boolean): Uint8Array {
    return this.#finish(-1, keeps);
  }

  #finish(sign: 1 | -1, keeps: (app: string, day: string) => boolean): Uint8Array {
    const { rollups, heat } = this.#aggregator.finish();
    const signed = new RollupTotals();
    for (const { rollup, key, add } of [...this.#totals.changes(), ...rollups]) {
      if (!keeps(key.app, key.day)) continue;
      const sums = Object.fromEntries(Object.entries(add).map(([column, value]) => [column, sign * value]));
      signed.add({ rollup, key, add: sums } as unknown as Parameters<RollupTotals['add']>[0]);
    }
    for (const { key, cells, weights } of heat) {
      if (keeps(key.app, key.day)) signed.addGrid({ key, cells, weights: weights.map((weight) => sign * weight) });
    }
    return packChanges({ rollups: signed.changes(), heat: signed.grids() });
  }
}
