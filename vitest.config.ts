import { defineConfig } from 'vitest/config';

/**
 * Three lanes. `unit` runs beside the code in under two minutes; `faults` kills gateways under load; `browser` starts a real Chromium.
 * Every test file belongs to exactly one: its name says which.
 */
export default defineConfig({
  test: {
    // Where docker answers and no other MongoDB is named, the tests get one of their own.
    globalSetup: ['ops/ci/mongodb-for-tests.ts'],
    reporters: ['default', './ops/ci/totals-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          // Vitest would leave one core to itself; most of these wait for something.
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
          include: ['**/*.test.ts', '**/*.test.tsx'],
          exclude: ['**/*.browser.test.ts', '**/*.faults.test.ts', 'node_modules/**', 'build/**'],
        },
      },
      {
        test: {
          name: 'faults',
          sequence: { groupOrder: 1 },
          include: ['**/*.faults.test.ts'],
          exclude: ['node_modules/**', 'build/**'],
          testTimeout: 900_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'browser',
          sequence: { groupOrder: 2 },
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
