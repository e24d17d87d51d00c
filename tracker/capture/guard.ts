/** Wraps functions so that nothing they throw reaches the page; what was caught is counted. */
export type Guard = {
  <A extends readonly unknown[]>(fn: (...args: A) => void): (...args: A) => void;
  /** Throws caught so far: 0 is the aim. */ faults(): number;
};

/** Makes the one guard of a page. Every listener, timer and callback of the tracker passes through it. */
export function createGuard(): Guard {
  let faults = 0;
  const guard = <A extends readonly unknown[]>(fn: (...args: A) => void) => {
    const call = fn as unknown as (a: unknown, b: unknown) => void;
    // No function of ours takes more than two; a list of them would be made at each call.
    const guarded = (a: unknown, b: unknown) => {
      try {
        call(a, b);
      } catch {
        faults++;
      }
    };
    return guarded as unknown as (...args: A) => void;
  };
  return Object.assign(guard, { faults: () => faults });
}
