import { type Transferable, Worker } from 'node:worker_threads';
import { DatalabError } from '../../errors/errors.ts';
import { THREAD_ENV } from '../../threads/thread-env.ts';
import { type Answer, type Call, CLOSE, type Methods, type Opened } from './calls.ts';

type Waiting = { readonly bytes: number; readonly resolve: (value: unknown) => void; readonly reject: (error: DatalabError) => void };

export type ThreadOptions = {
  /** The worker's file. */ readonly file: URL;
  readonly dataDir: string;
  /** Most calls that wait for an answer; more are refused with `store-away`. */ readonly callsMax: number;
  /** Most bytes that wait with them. */ readonly bytesMax: number;
};

/**
 * The store's side of one thread: typed calls, answered in order. When the thread dies, what waits is refused and the
 * next call starts a new one: nothing that was answered is lost, and what was not may be asked again.
 */
export class Thread<C extends Methods<C>> {
  readonly #options: ThreadOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 1;
  #bytes = 0;
  #closed = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  /** Starts the thread. @throws DatalabError when it cannot open the file */
  async open(): Promise<void> {
    const worker = this.#start();
    await new Promise<void>((resolve, reject) => {
      worker.once('message', (message: Opened) => (message.opened ? resolve() : reject(new DatalabError(message.code, message.message))));
      worker.once('error', (error) =>
        reject(new DatalabError('store-away', `The store's thread failed: ${String(error)}.`, { cause: error })),
      );
    });
  }

  /** Calls a method in the thread. @param moved buffers that go over without a copy, and count against `bytesMax` */
  call<N extends keyof C>(name: N, args: Parameters<C[N]>, moved: readonly ArrayBuffer[] = []): Promise<Awaited<ReturnType<C[N]>>> {
    const bytes = moved.reduce((sum, buffer) => sum + buffer.byteLength, 0);
    if (this.#closed) return Promise.reject(new DatalabError('store-away', 'The store is closed.'));
    if (this.#waiting.size >= this.#options.callsMax || this.#bytes + bytes > this.#options.bytesMax) {
      return Promise.reject(new DatalabError('store-away', `The store is behind: ${this.#waiting.size} calls wait for it.`));
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { bytes, resolve: resolve as (value: unknown) => void, reject });
      this.#bytes += bytes;
      const call = { id, name, args } as Call<C>;
      (this.#worker ?? this.#start()).postMessage(call, moved as readonly Transferable[]);
    });
  }

  /** Lets the thread answer what waits, then ends it. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (!worker) return;
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage(CLOSE);
    await exited;
  }

  #start(): Worker {
    const worker = new Worker(this.#options.file, { workerData: { dataDir: this.#options.dataDir }, env: THREAD_ENV });
    let reason = 'it ended';
    worker.on('message', (message: Opened | readonly Answer[]) => {
      if (Array.isArray(message)) for (const answer of message as readonly Answer[]) this.#settle(answer);
      else if ('opened' in message && !message.opened) reason = message.message;
    });
    worker.on('error', (error) => {
      reason = String(error);
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      const error = { code: 'store-away', message: `The store's thread is gone: ${reason}.` } as const;
      for (const id of [...this.#waiting.keys()]) this.#settle({ id, error });
    });
    this.#worker = worker;
    return worker;
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if (!waiting) return;
    this.#waiting.delete(answer.id);
    this.#bytes -= waiting.bytes;
    if ('error' in answer) waiting.reject(new DatalabError(answer.error.code, answer.error.message));
    else waiting.resolve(answer.value);
  }
}
