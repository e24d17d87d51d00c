import { setImmediate } from 'node:timers/promises';
import { type AnyBulkWriteOperation, type ClientSession, type Collection, ObjectId } from 'mongodb';
import { addPackedChanges } from '../../rollup/packed-changes.ts';
import { RollupTotals } from '../../rollup/totals.ts';
import { unpackBatch } from '../packed-batch.ts';
import type { PreparedBatch } from '../store.ts';
import { bytesOf, type Collections, type HeatDocument, idOf, PLAIN_ROLLUPS, type WaitingDocument } from './collections.ts';
import { chunkDocuments } from './documents.ts';
import { Overtaken } from './failures.ts';
import { additions, heatAdditions } from './rollup-additions.ts';
import { writeLayouts } from './write-layouts.ts';

/** Most documents of a kind that one transaction folds, and most of their bytes: more would hold a hot rollup for longer than another node likes to wait. */
const TAKEN_MAX = 64;
const TAKEN_BYTES_MAX = 8 * 1024 * 1024;

/** Rows of heat that one command adds to: each has up to 64 columns to be encoded. */
const HEAT_AT_ONCE = 256;

/** The latest that is to be folded of each; null for nothing. */
export type FoldThrough = { readonly batch: ObjectId | null; readonly change: ObjectId | null };

type Taken = { readonly bytes: readonly Uint8Array[]; readonly more: boolean };

/**
 * Spreads the oldest of what waits over the collections that questions read: a session's frames become one run, and every
 * rollup is added to once. What is taken is deleted in the same transaction, so that it counts once, whichever nodes fold at
 * the same time: the slower one conflicts, reads again and finds less.
 *
 * No session is written, so that no commit of the same time is held up, nor looked for: while batches name it, it is not
 * deleted (deletion.ts).
 * @returns true if more is left
 */
export async function foldSome(from: Collections, through: FoldThrough, session: ClientSession): Promise<boolean> {
  const batches = await takeOldest(from.batch, through.batch, session);
  // Last: what an erasure takes away is not added up before the batches that brought it.
  const changes = batches.more ? { bytes: [], more: true } : await takeOldest(from.change, through.change, session);
  const totals = new RollupTotals();
  for (const packed of changes.bytes) addPackedChanges(totals, packed);
  const unpacked: PreparedBatch[] = [];
  for (const packed of batches.bytes) {
    const batch = unpackBatch(packed);
    addPackedChanges(totals, batch.changes);
    unpacked.push(batch);
    // This thread serves the tracker, too: a hundred thousand events must not hold it up.
    await setImmediate();
  }
  await touchVisits(from.visit, unpacked);
  const chunks = chunkDocuments(unpacked.flatMap((batch) => batch.chunks));
  if (chunks.length > 0) await from.chunk.insertMany(chunks, { session });
  const setAside = unpacked.flatMap((batch) => batch.setAside).map((aside) => ({ _id: new ObjectId(), ...aside }));
  if (setAside.length > 0) await from.setAside.insertMany(setAside, { session });
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

/**
 * Visits follow their events, once per fold: a commit moves its sessions alone. Not in the transaction, which would hold up
 * hellos for as long as it takes, or until the server gives up the transaction of a node that was killed in its midst: to do it
 * twice, or for a fold that fails, is no harm.
 */
async function touchVisits(into: Collections['visit'], batches: readonly PreparedBatch[]): Promise<void> {
  const seen = new Map<string, { readonly _id: { readonly app: string; readonly visit: string }; lastSeenMs: number }>();
  for (const { app, visit, frames, lastSeenMs } of batches.flatMap(({ sessions }) => sessions)) {
    if (frames.length === 0) continue;
    const name = idOf({ app, session: visit });
    const known = seen.get(name);
    if (known) known.lastSeenMs = Math.max(known.lastSeenMs, lastSeenMs);
    else seen.set(name, { _id: { app, visit }, lastSeenMs });
  }
  const updates = [...seen.values()].map(({ _id, lastSeenMs }) => ({ updateOne: { filter: { _id }, update: { $max: { lastSeenMs } } } }));
  if (updates.length > 0) await into.bulkWrite(updates, { ordered: false });
}

async function addToRollups(into: Collections, totals: RollupTotals, session: ClientSession): Promise<void> {
  const rows = totals.changes();
  for (const name of PLAIN_ROLLUPS) {
    const operations = rows.filter(({ rollup }) => rollup === name).flatMap(additions);
    if (operations.length > 0) await into.rollup[name].bulkWrite(operations, { session });
  }
  let heat: AnyBulkWriteOperation<HeatDocument>[] = [];
  for (const grid of totals.grids()) {
    heat.push(...heatAdditions(grid));
    if (heat.length < HEAT_AT_ONCE) continue;
    await into.heat.bulkWrite(heat, { session });
    heat = [];
  }
  if (heat.length > 0) await into.heat.bulkWrite(heat, { session });
}
