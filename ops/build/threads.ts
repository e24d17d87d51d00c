import { once } from 'node:events';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { THREAD_ENV } from '../../engine/threads/thread-env.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** What worker threads of a node begin with. */
export const THREAD_FILES: readonly string[] = globSync('engine/**/*.worker.ts', { cwd: ROOT, exclude: ['**/fixtures'] }).map((file) =>
  join(ROOT, file),
);

/**
 * Starts each thread once, one after the other, so that Node has compiled what they load (engine/threads/thread-env.ts).
 * @param execArgv options of Node beside
 * @returns what the threads printed
 */
export async function compileThreads(execArgv: readonly string[] = []): Promise<string> {
  let printed = '';
  for (const file of THREAD_FILES) {
    // No store can be opened there, so it ends by itself.
    const workerData = { dataDir: '/dev/null/none' };
    const thread = new Worker(file, { workerData, env: THREAD_ENV, execArgv: [...execArgv], stdout: true });
    thread.stdout.on('data', (text) => {
      printed += text;
    });
    await once(thread, 'exit');
  }
  return printed;
}
