import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one plain line of totals, and the reason of every skipped test. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const totals = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        totals[state === 'passed' ? 'passed' : state === 'failed' ? 'failed' : 'skipped']++;
        if (state === 'skipped') console.log(`skipped: ${test.fullName}`);
      }
      totals.failed += module.errors().length;
    }
    console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  }
}
