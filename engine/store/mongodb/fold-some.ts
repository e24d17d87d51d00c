import { type ClientSession, type Collection, ObjectId } from 'mongodb';
import { addPackedChanges } from '../../rollup/packed-changes.ts';
import { RollupTotals } from '../../rollup/totals.ts';
import { unpackBatch } from '../packed-batch.ts';
import type { LayoutRecord } from '../records.ts';
import { bytesOf, type Collections, layoutId, PLAIN_ROLLUPS, type WaitingDocument } from './collections.ts';
import { chunkDocuments } from './documents.ts';
import { Overtaken } from './failures.ts';
import { additions, heatAdditions } from './rollup-additions.ts';

/** Most documents of a kind that one transaction folds, and most of their bytes: more would hold a hot rollup for longer than another node likes to wait. */
const TAKEN_MAX = 64;
const TAKEN_BYTES_MAX = 8 * 1024 * 1024;

/** The latest that is to be folded of each; null for nothing. */
export type FoldThrough = { readonly batch: ObjectId | null; readonly change: ObjectId | null };

type Taken = { readonly bytes: readonly Uint8Array[]; readonly more: boolean };

/**
 * Spreads the oldest of what waits over the collections that questions read: a session's frames become one run, and every
 * rollup is added to once. What is taken is deleted in the same transaction, so that it counts once, whichever nodes fold at
 * the same time: the slower one conflicts, reads again and finds less.
 *
 * No session is written or looked for: one that waiting batches name is not deleted (deletion.ts).
 * @returns true if more is left
 */
export async function foldSome(from: Collections, through: FoldThrough, session: ClientSession): Promise<boolean> {
  const batches = await takeOldest(from.batch, through.batch, session);
  // Last: what an erasure takes away is not added up before the batches that brought it.
  const changes = batches.more ? { bytes: [], more: true } : await takeOldest(from.change, through.change, session);
  const totals = new RollupTotals();
  for (const packed of changes.bytes) addPackedChanges(totals, packed);
  const unpacked = batches.bytes.map(unpackBatch);
  for (const batch of unpacked) addPackedChanges(totals, batch.changes);

  const chunks = chunkDocuments(unpacked.flatMap((batch) => batch.chunks));
  if (chunks.length > 0) await from.chunk.insertMany(chunks, { session });
  const setAside = unpacked.flatMap((batch) => batch.setAside);
  if (setAside.length > 0)
    await from.setAside.insertMany(
      setAside.map((aside) => ({ _id: new ObjectId(), ...aside })),
      { session },
    );
  await writeLayouts(
    from.layout,
    unpacked.flatMap((batch) => batch.layouts),
    session,
  );
  await addToRollups(from, totals, session);
  return changes.more;
}

async function takeOldest(from: Collection<WaitingDocument>, through: ObjectId | null, session: ClientSession): Promise<Taken> {
  if (!through) return { bytes: [], more: false };
  const ids: ObjectId[] = [];
  const bytes: Uint8Array[] = [];
  let size = 0;
  let more = false;
  const oldest = from
    .find({ _id: { $lte: through } }, { session })
    .sort({ _id: 1 })
    .limit(TAKEN_MAX + 1);
  for await (const waiting of oldest) {
    size += waiting.bytes.length();
    more = ids.length === TAKEN_MAX || (ids.length > 0 && size > TAKEN_BYTES_MAX);
    if (more) break;
    ids.push(waiting._id);
    bytes.push(bytesOf(waiting.bytes));
  }
  if (ids.length === 0) return { bytes, more };
  // At once: who is slower than another node finds out before the work is done.
  const { deletedCount } = await from.deleteMany({ _id: { $in: ids } }, { session });
  if (deletedCount !== ids.length) throw new Overtaken('another node folded these documents');
  return { bytes, more };
}

/** The latest of each page and width class, unless a later one is stored. */
async function writeLayouts(into: Collections['layout'], layouts: readonly LayoutRecord[], session: ClientSession): Promise<void> {
  if (layouts.length === 0) return;
  const latest = new Map<string, LayoutRecord>();
  for (const layout of layouts) {
    const _id = layoutId(layout);
    if (layout.atMs >= (latest.get(_id)?.atMs ?? 0)) latest.set(_id, layout);
  }
  const stored = await into.find({ _id: { $in: [...latest.keys()] } }, { session, projection: { atMs: 1 } }).toArray();
  for (const { _id, atMs } of stored) if (atMs > (latest.get(_id)?.atMs ?? 0)) latest.delete(_id);
  const replacements = [...latest].map(([_id, layout]) => ({
    replaceOne: { filter: { _id }, replacement: { _id, ...layout }, upsert: true },
  }));
  if (replacements.length > 0) await into.bulkWrite(replacements, { session });
}

async function addToRollups(into: Collections, totals: RollupTotals, session: ClientSession): Promise<void> {
  const rows = totals.changes();
  for (const name of PLAIN_ROLLUPS) {
    const operations = rows.filter(({ rollup }) => rollup === name).flatMap(additions);
    if (operations.length > 0) await into.rollup[name].bulkWrite(operations, { session });
  }
  const heat = totals.grids().flatMap(heatAdditions);
  if (heat.length > 0) await into.heat.bulkWrite(heat, { session });
}
