import { build, type Rollup } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';
import config, { CHARTS_MAX_KB, FIRST_PAGE_MAX_KB, playOnly, RECORDED_MAX_KB, type Weight, weigh } from './vite.config.ts';

describe('weight of the UI, compressed', () => {
  let weight: Weight;
  beforeAll(async () => {
    const built = await build({
      ...config,
      configFile: false,
      plugins: [playOnly()],
      logLevel: 'silent',
      build: { ...config.build, write: false },
    });
    weight = weigh((built as Rollup.RollupOutput).output);
  }, 60_000);

  it('the first page stays light, and holds the shell and Live', () => {
    expect(weight.firstPageKb).toBeLessThanOrEqual(FIRST_PAGE_MAX_KB);
    expect(weight.firstPageKb).toBeGreaterThan(10);
  });

  it('charts stay within their share, in a chunk of their own', () => {
    expect(weight.chartsKb).toBeLessThanOrEqual(CHARTS_MAX_KB);
    // Less would mean that Vega has slipped into the first page, or was not found.
    expect(weight.chartsKb).toBeGreaterThan(100);
  });

  it('what plays recorded pages stays within its share, in a chunk of its own', () => {
    expect(weight.recordedKb).toBeLessThanOrEqual(RECORDED_MAX_KB);
    expect(weight.recordedKb).toBeGreaterThan(10);
  });
});
