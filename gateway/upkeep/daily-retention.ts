/** A node's own retention: soon after its start, and then once a UTC day. */
import type { Clock } from '../../engine/clock/clock.ts';
import type { Store } from '../../engine/store/store.ts';
import { applyRetention, type Kept } from '../../engine/upkeep/retention.ts';

/** Not in the rush of a start: trackers come back then. */
export const AFTER_START_MS = 60_000;
/** Past midnight, when the day before is whole for every clock that is a little slow. */
export const AFTER_MIDNIGHT_MS = 300_000;
/** What failed is tried again so much later. */
export const RETRY_MS = 3_600_000;
const DAY_MS = 86_400_000;

export type DailyRetentionDeps = {
  readonly clock: Clock;
  readonly store: Pick<Store, 'readDocument' | 'writeDocument' | 'expireSome' | 'scrub'>;
  /** Asked at each run: apps come and go, and how long they keep what changes. */
  readonly plan: () => readonly { readonly app: string; readonly kept: Kept }[];
  readonly log: {
    info(what: object, message: string): void;
    error(what: object, message: string): void;
  };
};

export type DailyRetention = {
  /** Runs and failures since the start. */ counts(): { readonly runs: number; readonly failures: number };
  /** Ends after the step under way. Safe to call twice. */
  stop(): Promise<void>;
};

/** Starts it. One run at a time: the next is planned when the one before is over. */
export function startDailyRetention({ clock, store, plan: planned, log }: DailyRetentionDeps): DailyRetention {
  const stopping = new AbortController();
  let runs = 0;
  let failures = 0;
  let running: Promise<void> = Promise.resolve();

  async function runOnce(): Promise<void> {
    for (const { app, kept } of planned()) {
      const outcome = await applyRetention(store, {
        app,
        kept,
        nowMs: clock.nowMs(),
        progress: () => undefined,
        signal: stopping.signal,
      });
      if (outcome.scrubbed !== null) log.info({ app, ...outcome }, 'what was older than it may be kept was deleted');
    }
  }

  async function run(): Promise<void> {
    try {
      await runOnce();
      runs++;
      plan(untilNextDay(clock.nowMs()));
    } catch (error) {
      if (stopping.signal.aborted) return;
      failures++;
      log.error({ err: error, failures }, 'retention failed, and is tried again in an hour');
      plan(RETRY_MS);
    }
  }

  function plan(delayMs: number): void {
    if (stopping.signal.aborted) return;
    cancel = clock.after(delayMs, () => {
      running = run();
    });
  }

  let cancel: () => void = () => undefined;
  plan(AFTER_START_MS);
  return {
    counts: () => ({ runs, failures }),
    stop() {
      stopping.abort();
      cancel();
      return running;
    },
  };
}

/** @param nowMs epoch ms @returns ms until the next UTC day has begun, and a little more */
function untilNextDay(nowMs: number): number {
  return DAY_MS - (nowMs % DAY_MS) + AFTER_MIDNIGHT_MS;
}
