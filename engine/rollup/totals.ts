import { addHeat, type HeatCells, type HeatGrid, type HeatKey, packHeat } from './heat.ts';
import { ROLLUPS, type RollupChange, type RollupKey, type RollupName, type RollupSums } from './rollups.ts';

type PlainName = Exclude<RollupName, 'heat'>;
type Sums<N extends RollupName> = { -readonly [C in keyof RollupSums<N>]: number };
type Row = { readonly rollup: PlainName; readonly key: Readonly<Record<string, string>>; readonly sums: Record<string, number> };

/**
 * Adds changes up by key: within a batch, and over the batches of one commit. Adding is associative and commutative, so
 * neither the order nor the grouping of batches shows in what is stored.
 */
export class RollupTotals {
  readonly #rows = new Map<string, Row>();
  readonly #grids = new Map<string, { readonly key: HeatKey; readonly cells: HeatCells }>();

  /** The sums of one document, to be added to in place; begun at zero. */
  sums<N extends PlainName>(rollup: N, key: RollupKey<N>): Sums<N> {
    return this.#sums(rollup, key) as Sums<N>;
  }

  /** The cells of one page and layer, to be added to in place by addHeat. */
  heat(key: HeatKey): HeatCells {
    const id = joined('heat', HEAT_COLUMNS_OF_KEY, key);
    let grid = this.#grids.get(id);
    if (!grid) {
      grid = { key, cells: [] };
      this.#grids.set(id, grid);
    }
    return grid.cells;
  }

  /** Adds one change. */
  add(change: RollupChange): void {
    const sums = this.#sums(change.rollup, change.key);
    for (const [column, value] of Object.entries(change.add)) sums[column] = (sums[column] ?? 0) + value;
  }

  /** Adds a packed grid. */
  addGrid({ key, cells, weights }: HeatGrid): void {
    const into = this.heat(key);
    for (let i = 0; i < cells.length; i++) addHeat(into, cells[i] ?? 0, weights[i] ?? 0);
  }

  /** What was added, each document once. */
  changes(): RollupChange[] {
    return Array.from(this.#rows.values(), ({ rollup, key, sums }) => ({ rollup, key, add: sums }) as unknown as RollupChange);
  }

  /** What was added to plain rollups, and begins anew. */
  take(): RollupChange[] {
    const changes = this.changes();
    this.#rows.clear();
    return changes;
  }

  /** The heat that was added, each page and layer once. */
  grids(): HeatGrid[] {
    return Array.from(this.#grids.values(), ({ key, cells }) => packHeat(key, cells));
  }

  #sums(rollup: PlainName, key: Row['key']): Record<string, number> {
    const { key: columns, sums } = ROLLUPS[rollup];
    const id = joined(rollup, columns, key);
    let row = this.#rows.get(id);
    if (!row) {
      row = { rollup, key, sums: Object.fromEntries(sums.map((column) => [column, 0])) };
      this.#rows.set(id, row);
    }
    return row.sums;
  }
}

const HEAT_COLUMNS_OF_KEY = ROLLUPS.heat.key.filter((column) => column !== 'row' && column !== 'column');

/** One string for a key. Lengths stand before the parts, so that no text of a client can pass for a border between two. */
function joined(rollup: RollupName, columns: readonly string[], parts: Readonly<Record<string, string>>): string {
  let id: string = rollup;
  for (const column of columns) {
    const part = parts[column] ?? '';
    id += `${part.length}:${part}`;
  }
  return id;
}
