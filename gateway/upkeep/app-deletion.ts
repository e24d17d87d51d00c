/** Removes all data of apps that are to be deleted, step by step, and says how far it is; then the apps themselves. */
import type { Clock } from '../../engine/clock/clock.ts';
import { KEPT_KINDS, type Store } from '../../engine/store/store.ts';
import type { Directory } from '../directory/directory.ts';
import type { Ask } from '../services/call.ts';

/** What failed is tried again so much later. */
const RETRY_MS = 10_000;
/** After every day that there is. */
const ALL_DAYS = '9999-12-31';
/** Sessions of an app that takes nothing any more are ended; this long after, their frames are stored and their ends written. */
export const SETTLE_MS = 5_000;
/** Progress is told so often. */
const TELL_EVERY_MS = 500;

export type AppDeletionDeps = {
  readonly clock: Clock;
  readonly store: Pick<Store, 'expireSome' | 'scrub'>;
  readonly directory: Pick<Directory, 'all' | 'subscribe'>;
  readonly ask: Ask;
  /** Ends all live sessions of an app. */ readonly endSessions: (app: string) => void;
  readonly log: { info(what: object, message: string): void; error(what: object, message: string): void };
};

/** Starts it. One app at a time. @returns ends it after the step under way */
export function startAppDeletion({ clock, store, directory, ask, endSessions, log }: AppDeletionDeps): () => Promise<void> {
  let isStopped = false;
  let running: Promise<void> | null = null;
  /** Ends the wait under way. */
  let wake = () => {};

  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      const cancel = clock.after(ms, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });

  async function remove(app: string): Promise<void> {
    endSessions(app);
    await wait(SETTLE_MS);
    let done = 0;
    let toldMs = Number.NEGATIVE_INFINITY;
    for (const kind of KEPT_KINDS) {
      for (let isDone = false; !isDone; ) {
        if (isStopped) return;
        const step = await store.expireSome({ app, kind, beforeDay: ALL_DAYS });
        done += step.removed;
        isDone = step.done;
        if (clock.monotonicMs() - toldMs < TELL_EVERY_MS) continue;
        toldMs = clock.monotonicMs();
        await ask('app', 'PUT', `/internal/app/apps/${app}/deletion`, { body: { what: kind, done } });
      }
    }
    await store.scrub();
    await ask('app', 'POST', `/internal/app/apps/${app}/deleted`, { body: {} });
    log.info({ app, removed: done }, 'an app and all its data were deleted');
  }

  async function removeAll(): Promise<void> {
    for (;;) {
      const next = directory.all().find(({ state }) => state === 'deleting');
      if (isStopped || !next) return;
      try {
        await remove(next.key);
        // The directory hears of it a moment later.
        await wait(TELL_EVERY_MS);
      } catch (error) {
        log.error({ err: error, app: next.key }, 'an app could not be deleted yet');
        await wait(RETRY_MS);
      }
    }
  }

  const look = () => {
    running ??= removeAll().finally(() => {
      running = null;
    });
  };
  const unsubscribe = directory.subscribe((change) => change === 'apps' && look());
  look();
  return async () => {
    isStopped = true;
    unsubscribe();
    wake();
    await running;
  };
}
