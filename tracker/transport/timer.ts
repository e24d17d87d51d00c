import type { Clock } from './ports.ts';

/** One timer: it runs or it does not. */
export type Timer = {
  /** Calls `fn` once, unless it already runs for an earlier one. */ start(delayMs: number, fn: () => void): void;
  stop(): void;
};

/** Makes a timer that does not run yet. */
export function createTimer(clock: Clock): Timer {
  let cancel: (() => void) | null = null;
  const stop = () => {
    cancel?.();
    cancel = null;
  };
  return {
    start(delayMs, fn) {
      cancel ??= clock.after(delayMs, () => {
        cancel = null;
        fn();
      });
    },
    stop,
  };
}
