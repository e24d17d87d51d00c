/** What is added to rollups, as operations on their documents. */
import type { AnyBulkWriteOperation } from 'mongodb';
import type { HeatGrid } from '../../rollup/heat.ts';
import { HEAT_COLUMNS, ROLLUPS, type RollupChange } from '../../rollup/rollups.ts';
import { HEAT_ROW_KEY, type HeatDocument, keyId, type RollupDocument } from './collections.ts';

/** An upsert, unless what was added was taken away again; and where something is taken away, the end of a document that has nothing left. */
export function additions({ rollup, key, add }: RollupChange): AnyBulkWriteOperation<RollupDocument>[] {
  if (Object.values(add).every((sum) => sum === 0)) return [];
  const columns: Readonly<Record<string, string | number>> = { ...key, ...add };
  const { key: keys, sums } = ROLLUPS[rollup];
  const pick = (names: readonly string[], otherwise: string | number) =>
    Object.fromEntries(names.map((name) => [name, columns[name] ?? otherwise]));
  const _id = keyId(keys, key);
  const upsert = { updateOne: { filter: { _id }, update: { $inc: pick(sums, 0), $setOnInsert: pick(keys, '') }, upsert: true } };
  if (!Object.values(add).some((sum) => sum < 0)) return [upsert as AnyBulkWriteOperation<RollupDocument>];
  const nothing = Object.fromEntries(sums.map((sum) => [sum, 0]));
  return [upsert, { deleteOne: { filter: { _id, ...nothing } } }] as AnyBulkWriteOperation<RollupDocument>[];
}

/** Upserts of the rows of a grid, as `additions` has them. */
export function heatAdditions({ key, cells, weights }: HeatGrid): AnyBulkWriteOperation<HeatDocument>[] {
  const rows = new Map<number, Map<number, number>>();
  cells.forEach((cell, i) => {
    if (weights[i] === 0) return;
    const row = Math.floor(cell / HEAT_COLUMNS);
    let columns = rows.get(row);
    if (!columns) {
      columns = new Map();
      rows.set(row, columns);
    }
    columns.set(cell % HEAT_COLUMNS, weights[i] ?? 0);
  });
  return [...rows].flatMap(([row, columns]) => heatAddition({ ...key, row }, columns));
}

function heatAddition(key: Omit<HeatDocument, '_id' | 'columns'>, columns: ReadonlyMap<number, number>) {
  const _id = keyId(HEAT_ROW_KEY, key);
  const inc = Object.fromEntries([...columns].map(([column, weight]) => [`columns.${column}`, weight]));
  const upsert = { updateOne: { filter: { _id }, update: { $inc: inc, $setOnInsert: key }, upsert: true } };
  const taken = [...columns].filter(([, weight]) => weight < 0);
  const operations: unknown[] = [upsert];
  for (const [column] of taken) {
    const field = `columns.${column}`;
    operations.push({ updateOne: { filter: { _id, [field]: 0 }, update: { $unset: { [field]: '' } } } });
  }
  if (taken.length > 0) operations.push({ deleteOne: { filter: { _id, columns: {} } } });
  return operations as AnyBulkWriteOperation<HeatDocument>[];
}
