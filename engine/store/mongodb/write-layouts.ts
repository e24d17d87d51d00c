import type { ClientSession } from 'mongodb';
import type { LayoutRecord } from '../records.ts';
import { type Collections, layoutId } from './collections.ts';

/** Writes the latest of each page and width class, unless a later one is stored. @param layouts in order of arrival */
export async function writeLayouts(into: Collections['layout'], layouts: readonly LayoutRecord[], session: ClientSession): Promise<void> {
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
