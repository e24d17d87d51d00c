/** Time as a value: whoever needs it is given a Clock, so that tests never sleep. */
export type Clock = {
  /** Wall clock, epoch milliseconds. For records; may step. */
  nowMs(): number;
  /** Never steps back; milliseconds from an arbitrary start. For deadlines and rates. */
  monotonicMs(): number;
  /** Calls `fn` once after `delayMs`. @returns cancels it; calling it late or twice is harmless */
  after(delayMs: number, fn: () => void): () => void;
};

/** The machine's own clock. Timers do not keep the process alive. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, fn) {
    const timer = setTimeout(fn, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
