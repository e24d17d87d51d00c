import type { ClientSession } from 'mongodb';
import { COVERAGE, type Coverage, Coverages } from '../coverage.ts';
import type { Collections } from './collections.ts';

/** What the coverage documents say, as of the snapshot of a transaction if there is one. They lie among few others: no index has their kind. */
export async function readCoverages(documents: Collections['document'], session?: ClientSession): Promise<Coverages> {
  const found = await documents.find({ '_id.kind': { $eq: COVERAGE } }, session ? { session } : {}).toArray();
  return new Coverages(found.map(({ _id, value }) => [_id.id, JSON.parse(value) as Coverage]));
}
