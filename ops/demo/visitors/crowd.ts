/** A crowd of simulated visitors: some of the last hour, and always about the same number right now. */
import { Random } from './random.ts';
import type { RecordedPage } from './recorded-pages.ts';
import { type Machine, pause, runVisitor } from './visitor.ts';
import { walk } from './walk.ts';

const MACHINES: readonly Machine[] = [
  {
    userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    platform: 'Win32',
    language: 'de-DE',
    screenWidth: 1920,
    screenHeight: 1080,
  },
  {
    userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
    platform: 'MacIntel',
    language: 'en-GB',
    screenWidth: 1512,
    screenHeight: 982,
  },
  {
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    platform: 'Linux x86_64',
    language: 'fr-FR',
    screenWidth: 1280,
    screenHeight: 800,
  },
  {
    userAgent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
    platform: 'iPhone',
    language: 'en-US',
    screenWidth: 390,
    screenHeight: 844,
  },
  {
    userAgent: 'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
    platform: 'Linux armv81',
    language: 'es-ES',
    screenWidth: 412,
    screenHeight: 915,
  },
];

const REFERRERS = [
  '',
  '',
  'https://www.google.com/',
  'https://duckduckgo.com/',
  'https://www.reddit.com/r/hiking/',
  'https://news.example/outdoor',
];

/** The past is told by few at a time, with pauses: all of it in one instant would be a load test, and a spike in every chart. */
const PAST_AT_ONCE = 2;
const PAST_PAUSE_MS = 1_000;

export type CrowdOptions = {
  readonly gatewayUrl: string;
  readonly siteUrl: string;
  readonly app: string;
  readonly pages: readonly RecordedPage[];
  /** The same seed gives the same visitors. */ readonly seed: number;
};

export class Crowd {
  readonly #options: CrowdOptions;
  readonly #random: Random;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #count = 0;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  /** Visits that began within the last `agoMs` and are told at once. @param told called as each is done @returns how many were */
  async past(count: number, agoMs: number, told: (done: number) => void = () => undefined): Promise<number> {
    let done = 0;
    const starts = Array.from({ length: count }, () => Date.now() - this.#random.between(0.1, 1) * agoMs).sort();
    const next = async (): Promise<void> => {
      for (let startMs = starts.shift(); startMs !== undefined && !this.#stop.signal.aborted; startMs = starts.shift()) {
        await this.#send(startMs);
        if (!this.#stop.signal.aborted) told(++done);
        await pause(PAST_PAUSE_MS, this.#stop.signal);
      }
    };
    await Promise.all(Array.from({ length: PAST_AT_ONCE }, next));
    return done;
  }

  /** Keeps about `count` visitors on the site until stop(). */
  keep(count: number): void {
    for (let i = 0; i < count; i++) void this.#comeAndGo(i * 150);
  }

  /** Everybody leaves now. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#running);
  }

  async #comeAndGo(delayMs: number): Promise<void> {
    await pause(delayMs, this.#stop.signal);
    if (this.#stop.signal.aborted) return;
    await this.#send(Date.now());
    void this.#comeAndGo(this.#random.between(200, 4_000));
  }

  #send(startMs: number): Promise<void> {
    const { gatewayUrl, siteUrl, app, pages } = this.#options;
    const random = new Random(this.#random.next() * 2 ** 32);
    const machine = random.pick(MACHINES);
    const tab = `demo-${++this.#count}`;
    const steps = walk(pages, siteUrl, machine.screenWidth, random);
    const referrer = random.pick(REFERRERS);
    const visit = runVisitor({ gatewayUrl, siteUrl, app, tab, machine, referrer, steps, startMs, signal: this.#stop.signal });
    this.#running.add(visit);
    return visit.finally(() => this.#running.delete(visit));
  }
}
