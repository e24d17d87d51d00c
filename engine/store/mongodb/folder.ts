import type { AnyBulkWriteOperation, ClientSession, MongoClient, ObjectId } from 'mongodb';
import type { HeatGrid } from '../../rollup/heat.ts';
import { unpackChanges } from '../../rollup/packed-changes.ts';
import { HEAT_COLUMNS, ROLLUPS, type RollupChange } from '../../rollup/rollups.ts';
import { RollupTotals } from '../../rollup/totals.ts';
import { bytesOf, type Collections, HEAT_ROW_KEY, type HeatDocument, keyId, PLAIN_ROLLUPS, type RollupDocument } from './collections.ts';
import { refusalOf } from './failures.ts';
import { transact } from './transact.ts';
import { Overtaken } from './transaction.ts';

/** Changes that one transaction adds up: more would hold a hot document for longer than another node likes to wait. */
const CHANGES_AT_ONCE = 128;

/**
 * Adds up rollup changes that commits appended. The sums and the removal of the changes are one transaction, so that each
 * change is added once, whichever nodes try at the same time: the slower one conflicts, reads again and finds less.
 */
export class Folder {
  readonly #client: MongoClient;
  readonly #in: Collections;
  readonly #timeoutMs: number;
  #last: Promise<void> = Promise.resolve();

  /** @param timeoutMs after it, no attempt at a transaction is begun */
  constructor(client: MongoClient, collections: Collections, timeoutMs: number) {
    this.#client = client;
    this.#in = collections;
    this.#timeoutMs = timeoutMs;
  }

  /** Adds up what is there now. @throws DatalabError `store-away`; what was not added up is still there */
  fold(): Promise<void> {
    const next = this.#last.then(() => this.#foldAll());
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #foldAll(): Promise<void> {
    try {
      // Oldest first: what an erasure takes away is not added up before what it was.
      const ids = await this.#in.change
        .find({}, { projection: { _id: 1 } })
        .sort({ _id: 1 })
        .toArray();
      for (let i = 0; i < ids.length; i += CHANGES_AT_ONCE) {
        const some = ids.slice(i, i + CHANGES_AT_ONCE).map(({ _id }) => _id);
        await transact(this.#client, this.#timeoutMs, (session) => this.#add(some, session));
      }
    } catch (error) {
      throw refusalOf(error);
    }
  }

  async #add(ids: readonly ObjectId[], session: ClientSession): Promise<void> {
    const changes = await this.#in.change.find({ _id: { $in: [...ids] } }, { session }).toArray();
    if (changes.length === 0) return;
    const totals = new RollupTotals();
    for (const { bytes } of changes) {
      const { rollups, heat } = unpackChanges(bytesOf(bytes));
      for (const change of rollups) totals.add(change);
      for (const grid of heat) totals.addGrid(grid);
    }
    const { deletedCount } = await this.#in.change.deleteMany({ _id: { $in: changes.map(({ _id }) => _id) } }, { session });
    if (deletedCount !== changes.length) throw new Overtaken('another node added these changes up');
    const rows = totals.changes();
    for (const name of PLAIN_ROLLUPS) {
      const operations = rows.filter(({ rollup }) => rollup === name).flatMap(addition);
      if (operations.length > 0) await this.#in.rollup[name].bulkWrite(operations, { session });
    }
    const heat = totals.grids().flatMap(heatAdditions);
    if (heat.length > 0) await this.#in.heat.bulkWrite(heat, { session });
  }
}

/** An upsert, unless what was added was taken away again; and where something is taken away, the end of a document that has nothing left. */
function addition({ rollup, key, add }: RollupChange): AnyBulkWriteOperation<RollupDocument>[] {
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

function heatAdditions({ key, cells, weights }: HeatGrid): AnyBulkWriteOperation<HeatDocument>[] {
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
