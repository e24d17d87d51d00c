import { MongoClient } from 'mongodb';
import { expect, test } from 'vitest';
import { openMongoStore } from './mongo-store.ts';

/** A MongoDB that is no replica set. */
const SERVER = process.env['DATALAB_TEST_MONGODB_STANDALONE_URI'] ?? '';
if (!SERVER) console.warn('The refusal of a standalone MongoDB is not tested: DATALAB_TEST_MONGODB_STANDALONE_URI names none.');

test.skipIf(!SERVER)('a standalone server is refused with the way to make it a replica set, and nothing is written to it', async () => {
  const database = `datalab_standalone_${process.pid}`;
  const address = new URL(SERVER);
  address.pathname = `/${database}`;
  await expect(openMongoStore({ uri: address.href })).rejects.toMatchObject({
    code: 'setting-invalid',
    message:
      'This MongoDB is a standalone server: it has no transactions. Make it a replica set, one member is enough: start it with --replSet rs0, then run rs.initiate().',
  });
  const client = await new MongoClient(SERVER).connect();
  try {
    expect(await client.db(database).listCollections().toArray()).toEqual([]);
  } finally {
    await client.close();
  }
});
