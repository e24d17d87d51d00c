import type { DatabaseSync } from 'node:sqlite';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { DatalabError } from '../../errors/errors.ts';
import { type Answer, type Call, CLOSE, type Methods, type Opened, type ToThread } from './calls.ts';

/** Most calls that are answered together: bounds how long the first of them waits for the last. */
const GROUP_MAX = 128;

/**
 * The thread's side: opens the file, then answers calls until it is told to close. Calls that wait at the same time are
 * handed over together.
 * @param open with the data folder; what it throws is told to the store, and the thread ends
 */
export function serve<C extends Methods<C>>(
  open: (dataDir: string) => DatabaseSync,
  handlerOf: (db: DatabaseSync) => (calls: readonly Call<C>[]) => readonly Answer[],
): void {
  const port = parentPort;
  if (!port) throw new Error('runs in a worker thread only');
  let db: DatabaseSync;
  try {
    db = open((workerData as { readonly dataDir: string }).dataDir);
  } catch (error) {
    const code = error instanceof DatalabError ? error.code : 'store-away';
    port.postMessage({ opened: false, code, message: (error as Error).message } satisfies Opened);
    port.close();
    return;
  }
  port.postMessage({ opened: true } satisfies Opened);
  const handle = handlerOf(db);
  port.on('message', (first: ToThread<C>) => {
    const calls: Call<C>[] = [];
    let message: ToThread<C> | undefined = first;
    while (message && message !== CLOSE) {
      calls.push(message);
      message = calls.length < GROUP_MAX ? (receiveMessageOnPort(port)?.message as ToThread<C> | undefined) : undefined;
    }
    if (calls.length > 0) port.postMessage(handle(calls));
    if (message !== CLOSE) return;
    db.close();
    port.close();
  });
}
