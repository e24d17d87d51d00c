import type { ClientSession, Filter } from 'mongodb';
import type { Collections, LayoutDocument } from './collections.ts';

/** Layouts that one transaction looks at. */
const LAYOUTS_AT_ONCE = 256;

/**
 * Deletes layouts of pages that no `page` rollup is of, some in one transaction.
 * @param after the last that was looked at @returns the last now, or null when none is left
 */
export async function dropLayouts(from: Collections, after: string | null, session: ClientSession): Promise<string | null> {
  const rest: Filter<LayoutDocument> = after === null ? {} : { _id: { $gt: after } };
  const some = await from.layout
    .find(rest, { session, projection: { app: 1, url: 1 } })
    .sort({ _id: 1 })
    .limit(LAYOUTS_AT_ONCE)
    .toArray();
  const gone: string[] = [];
  // One by one: each is one look into the index.
  for (const { _id, app, url } of some) {
    const page = await from.rollup.page.findOne({ app: { $eq: app }, url: { $eq: url } }, { session, projection: { _id: 1 } });
    if (!page) gone.push(_id);
  }
  if (gone.length > 0) await from.layout.deleteMany({ _id: { $in: gone } }, { session });
  return some.length < LAYOUTS_AT_ONCE ? null : (some.at(-1)?._id ?? null);
}
