import type { HeatGrid } from '../rollup/heat.ts';
import { heatRows } from '../rollup/heat.ts';
import type { RollupChanges } from '../rollup/packed-changes.ts';
import { ROLLUPS, type RollupName, type RollupRow } from '../rollup/rollups.ts';
import type { RollupRange } from './store.ts';

type Columns = Record<string, string | number>;

/**
 * A rollup as it would read if every change had been added up: the kept rows of a range, and the committed changes that are
 * not folded into them yet. Both must be of one moment.
 * @param rows the kept documents that the range asks for
 */
export function withUnfolded<N extends RollupName>(
  name: N,
  range: RollupRange,
  rows: readonly RollupRow<N>[],
  unfolded: readonly RollupChanges[],
): RollupRow<N>[] {
  const { key, sums } = ROLLUPS[name];
  const added = unfolded.flatMap((changes) => columnsOf(name, changes, range));
  if (added.length === 0) return [...rows];
  const idOf = (row: Columns) => JSON.stringify(key.map((column) => row[column]));
  const byKey = new Map<string, Columns>(rows.map((row) => [idOf(row), { ...row }]));
  for (const row of added) {
    const id = idOf(row);
    const before = byKey.get(id);
    if (!before) byKey.set(id, row);
    else for (const column of sums) before[column] = Number(before[column] ?? 0) + Number(row[column] ?? 0);
  }
  return [...byKey.values()].filter((row) => sums.some((column) => row[column] !== 0)) as unknown as RollupRow<N>[];
}

function columnsOf(name: RollupName, { rollups, heat }: RollupChanges, range: RollupRange): Columns[] {
  if (name === 'heat')
    return heat.filter(({ key }) => mayBeAsked(key, range)).flatMap((grid) => heatRows(grid).filter((row) => isAsked(row, range)));
  return rollups.filter(({ rollup, key }) => rollup === name && isAsked(key, range)).map(({ key, add }) => ({ ...key, ...add }));
}

function isAsked(columns: Readonly<Columns>, range: RollupRange): boolean {
  return isInDays(columns, range) && Object.entries(range.where ?? {}).every(([column, value]) => columns[column] === value);
}

/** Without row and column, which only its cells have. */
function mayBeAsked(key: HeatGrid['key'], { where = {}, ...range }: RollupRange): boolean {
  const { row: _row, column: _column, ...ofGrid } = where;
  return isAsked(key, { ...range, where: ofGrid });
}

function isInDays(columns: Readonly<Columns>, { app, fromDay, toDay }: RollupRange): boolean {
  const day = String(columns['day']);
  return columns['app'] === app && (fromDay === undefined || day >= fromDay) && (toDay === undefined || day <= toDay);
}
