import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '..', '..', 'gateway', 'main.ts');

/** A gateway as a process of its own, to be ended the hard way. */
export class NodeProcess {
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | null = null;
  #setUpUrl = '';

  /** @param environment its settings; DATALAB_PORT must be a fixed one, so that clients find it again */
  constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = environment;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#environment['DATALAB_PORT']}`;
  }

  /** Where its first account is made, as it printed at its first start. */
  get setUpUrl(): string {
    return this.#setUpUrl;
  }

  /** Starts it. @returns ms until it said where it listens @throws Error with what it printed when it ends instead */
  async start(): Promise<number> {
    const startMs = performance.now();
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
      env: { PATH: process.env['PATH'] ?? '', ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let printed = '';
    await new Promise<void>((resolve, reject) => {
      const read = (data: Buffer) => {
        printed += data;
        this.#setUpUrl ||= /set up\s+(\S+)/.exec(printed)?.[1] ?? '';
        if (printed.includes('End it with')) resolve();
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.once('exit', () => reject(new Error(`the node did not start: ${printed}`)));
    });
    return performance.now() - startMs;
  }

  /** As a power cut would: nothing of it runs after this. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** As an operator would: it drains, and ends by itself. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}

/** A port that nobody listens on now, as text: for a setting that has to stay the same over restarts. */
export async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, 'close');
  return String(port);
}
