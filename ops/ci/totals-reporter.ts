import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/**
 * Ends a run with what the last lines of a log must say: every skipped test, all that failed and why, and one plain line of totals.
 * A hook that fails and a worker that dies are failures; tests that a dead worker left are not skipped, they were not run.
 */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], elsewhere: readonly SerializedError[]): void {
    const totals = { passed: 0, skipped: 0, notRun: 0 };
    const skipped: string[] = [];
    const failures: string[] = [];
    for (const module of modules) {
      const at = module.relativeModuleId;
      if (module.errors().length > 0) failures.push(`FAILED: ${at}: ${whyOf(module.errors())}`);
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) failures.push(`FAILED: ${at} > ${suite.fullName}: ${whyOf(suite.errors())}`);
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === 'failed') failures.push(`FAILED: ${at} > ${test.fullName}: ${whyOf(errors)}`);
        else if (state === 'pending') failures.push(`NOT RUN: ${at} > ${test.fullName}`);
        else if (state === 'skipped') skipped.push(`skipped: ${test.fullName}`);
        if (state === 'passed' || state === 'skipped') totals[state]++;
        if (state === 'pending') totals.notRun++;
      }
    }
    for (const error of elsewhere) failures.push(`FAILED: outside of every test: ${whyOf([error])}`);
    for (const line of [...skipped, ...failures]) console.log(line);
    const failed = failures.length - totals.notRun;
    console.log(
      `${totals.passed} passed, ${failed} failed, ${totals.skipped} skipped${totals.notRun > 0 ? `, ${totals.notRun} not run` : ''}`,
    );
  }
}

/** Messages with their causes, and where in our own files they come from. */
function whyOf(errors: readonly SerializedError[]): string {
  return errors
    .map((error) => {
      const lines = (error.stack ?? error.message).split('\n').filter((line) => !/node_modules|node:/.test(line));
      return [...lines, ...(error.cause ? [whyOf([error.cause])] : [])].join('\n');
    })
    .join('\n');
}
