import { defineConfig } from 'vitest/config';

/**
 * Two lanes. `unit` runs beside the code in under two minutes; `browser` starts gateways and a real Chromium.
 * Every test file belongs to exactly one: its name says which.
 */
export default defineConfig({
  test: {
    reporters: ['default', './ops/ci/totals-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts', '**/*.test.tsx'],
          exclude: ['**/*.browser.test.ts', 'node_modules/**', 'build/**'],
        },
      },
      {
        test: {
          name: 'browser',
          include: ['**/*.browser.test.ts'],
          exclude: ['node_modules/**', 'build/**'],
          globalSetup: ['ops/browser/ensure-chromium.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // One browser at a time: two cores, and what is measured must not be disturbed by a neighbour.
          fileParallelism: false,
        },
      },
    ],
  },
});
