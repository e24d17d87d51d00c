import { beforeAll, expect, test } from 'vitest';
import { buildTracker, CORE_FILE } from './tracker.ts';
import { type Weight, weigh } from './weight.ts';

let weights: readonly Weight[];
beforeAll(async () => {
  weights = weigh(await buildTracker());
}, 60_000);

test('every file of the tracker is within its limit, compressed', () => {
  expect(weights.filter(({ brotliBytes, maxBytes }) => brotliBytes > maxBytes)).toEqual([]);
});

test('the core is one file, and each that it loads another: what is loaded on demand has not slipped into the core', () => {
  expect(weights.map(({ file }) => file)).toEqual([
    CORE_FILE,
    expect.stringMatching(/^datalab-extra-[0-9a-f]{8}\.js$/),
    expect.stringMatching(/^datalab-vitals-[0-9a-f]{8}\.js$/),
    expect.stringMatching(/^datalab-recorder-[0-9a-f]{8}\.js$/),
    expect.stringMatching(/^datalab-debug-[0-9a-f]{8}\.js$/),
    expect.stringMatching(/^datalab-polls-[0-9a-f]{8}\.js$/),
  ]);
  for (const { brotliBytes } of weights) expect(brotliBytes).toBeGreaterThan(500);
});

test('one source gives one build: names carry the hash of what is in them', async () => {
  expect(weigh(await buildTracker())).toEqual(weights);
});
