import { decodeFrame } from '../protocol/codec/frame.ts';
import { Aggregator } from './aggregate.ts';
import { type Facts, newVisitChanges } from './dimensions.ts';
import { type HeatGrid, heatRows } from './heat.ts';
import { packChanges, type RollupChanges } from './packed-changes.ts';
import { endChanges, type OpenPage } from './page-time.ts';
import { dayOf, ROLLUPS, type RollupChange } from './rollups.ts';
import { RollupTotals } from './totals.ts';

/** Differences that are told in words. */
const EXAMPLES_MAX = 5;

/**
 * One UTC day's rollups, computed again from what they came from, against what is kept of them. Sums commute: the kept
 * ones are taken away, and what is left over is what must be added to make them right, whatever was added meanwhile.
 */
export class Recompute {
  readonly #day: string;
  readonly #covers: (app: string) => boolean;
  readonly #aggregator = new Aggregator();
  readonly #totals = new RollupTotals();
  #chunks = 0;
  #events = 0;
  #rows = 0;

  /** @param day `YYYY-MM-DD` @param covers whether an app has all that its rollups of this day came from; others are left alone */
  constructor(day: string, covers: (app: string) => boolean = () => true) {
    this.#day = day;
    this.#covers = covers;
  }

  /** Takes a stored frame in; events of other days are left out at the end. @throws Error when it does not decode: it did when it was stored */
  addChunk(facts: Facts, bytes: Uint8Array, receivedMs: number): void {
    if (!this.#covers(facts.app)) return;
    const frame = decodeFrame(bytes);
    if (!frame.ok) throw new Error(`a stored chunk is no frame: ${frame.reason}`);
    this.#aggregator.add(facts, frame.value, receivedMs);
    this.#chunks++;
    this.#events += frame.value.events.length;
  }

  /** @param facts those of the session that began the visit */
  addVisit(facts: Facts, startedMs: number, newVisitor: boolean): void {
    this.#addAll(newVisitChanges(facts, dayOf(startedMs), newVisitor));
  }

  /** @param page the page that the session was on when it ended */
  addEnd(page: OpenPage, endedMs: number): void {
    this.#addAll(endChanges(page, endedMs));
  }

  /** Takes one kept document away. */
  takeKept({ rollup, key, add }: RollupChange): void {
    if (!this.#asks(key)) return;
    this.#rows++;
    const negative = Object.fromEntries(Object.entries(add).map(([column, value]) => [column, -value]));
    this.#totals.add({ rollup, key, add: negative } as unknown as RollupChange);
  }

  /** Takes kept heat away. */
  takeKeptHeat({ key, cells, weights }: HeatGrid): void {
    if (!this.#asks(key)) return;
    this.#rows += cells.length;
    this.#totals.addGrid({ key, cells, weights: weights.map((weight) => -weight) });
  }

  /** Takes kept changes away that were not added up yet. */
  takeKeptChanges({ rollups, heat }: RollupChanges): void {
    for (const change of rollups) this.takeKept(change);
    for (const grid of heat) this.takeKeptHeat(grid);
  }

  /** What is left over. Ask once. */
  finish() {
    const { rollups, heat } = this.#aggregator.finish();
    this.#addAll(rollups);
    for (const grid of heat) if (this.#asks(grid.key)) this.#totals.addGrid(grid);
    const wrong = this.#totals.changes().filter(({ add }) => Object.values(add).some((sum) => sum !== 0));
    const wrongHeat = this.#totals.grids().flatMap(withoutZeros);
    const cells = wrongHeat.reduce((sum, grid) => sum + grid.cells.length, 0);
    const examples = [...wrong.slice(0, EXAMPLES_MAX).map(inWords), ...wrongHeat.slice(0, EXAMPLES_MAX).map(heatInWords)];
    return {
      day: this.#day,
      chunks: this.#chunks,
      events: this.#events,
      rows: this.#rows,
      differing: wrong.length + cells,
      examples: examples.slice(0, EXAMPLES_MAX),
      corrections: packChanges({ rollups: wrong, heat: wrongHeat }),
    };
  }

  #addAll(changes: readonly RollupChange[]): void {
    for (const change of changes) if (this.#asks(change.key)) this.#totals.add(change);
  }

  #asks({ app, day }: { readonly app: string; readonly day: string }): boolean {
    return day === this.#day && this.#covers(app);
  }
}

function withoutZeros({ key, cells, weights }: HeatGrid): HeatGrid[] {
  const kept = [...cells.keys()].filter((i) => weights[i] !== 0);
  if (kept.length === 0) return [];
  return [{ key, cells: Uint32Array.from(kept, (i) => cells[i] ?? 0), weights: Float64Array.from(kept, (i) => weights[i] ?? 0) }];
}

function inWords({ rollup, key, add }: RollupChange): string {
  const off = ROLLUPS[rollup].sums.map((column) => [column, (add as Readonly<Record<string, number>>)[column] ?? 0] as const);
  const said = off
    .filter(([, sum]) => sum !== 0)
    .map(([column, sum]) => `${column} ${sum > 0 ? 'lacks' : 'has too many:'} ${Math.abs(sum)}`);
  return `${rollup} ${Object.values(key).join(' · ')}: ${said.join(', ')}`;
}

function heatInWords(grid: HeatGrid): string {
  const [first] = heatRows(grid);
  const { key } = grid;
  const where = `${key.app} · ${key.day} · ${key.url} · ${key.widthClass} · ${key.layer}`;
  return `heat ${where}: ${grid.cells.length} cells, the first (row ${first?.row}, column ${first?.column}) by ${first?.weight}`;
}
