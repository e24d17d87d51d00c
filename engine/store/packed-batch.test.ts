import { expect, test } from 'vitest';
import { AT, batchOf, URL_A } from './fixtures/records.ts';
import { packBatch, unpackAdvances, unpackBatch } from './packed-batch.ts';
import type { PreparedBatch } from './store.ts';

const one = batchOf({ firstSeq: 1, count: 5 });
const other = batchOf({ app: 'other', session: 's2', firstSeq: 9, count: 1 });
const layout = {
  app: 'demo',
  url: URL_A,
  widthClass: 'laptop',
  atMs: AT,
  pageWidth: 1,
  pageHeight: 2,
  viewportHeight: 3,
  boxes: [],
} as const;
const aside = { app: 'demo', session: 's1', firstSeq: 6, count: 2, reason: 'frame-malformed', sha256: 'ab', atMs: AT };
const place = { url: `${URL_A}/ü`, sinceMs: 0, atMs: AT };
const batch: PreparedBatch = {
  ...one,
  sessions: [...one.sessions.map((advance) => ({ ...advance, place })), ...other.sessions.map(({ widthClass: _, ...rest }) => rest)],
  chunks: [...other.chunks, ...one.chunks],
  layouts: [layout],
  setAside: [aside],
};

test('a batch comes back as it was, whatever it has and lacks', () => {
  for (const given of [batch, one, { sessions: [], chunks: [], changes: new Uint8Array(), layouts: [], setAside: [] }]) {
    expect(unpackBatch(packBatch(given))).toEqual(given);
    expect(unpackAdvances(packBatch(given))).toEqual(given.sessions);
  }
});

test('what is no batch, or one of another version, is an error', () => {
  const bytes = packBatch(batch);
  expect(() => unpackBatch(bytes.slice(0, -1))).toThrow();
  expect(() => unpackBatch(Uint8Array.of(2, ...bytes.slice(1)))).toThrow('version 2');
  expect(() => packBatch({ ...batch, sessions: [] })).toThrow('does not name');
});
