import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../engine/clock/simulated-clock.ts';
import { TimingWheel, WHEEL_TICK_MS } from './timing-wheel.ts';

describe('the timing wheel', () => {
  it('fires every deadline once, never early and at most a tick late, whatever is armed and cancelled', () => {
    const plan = fc.array(fc.record({ atMs: fc.nat(5_000), delayMs: fc.nat(60_000), cancel: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(plan, (entries) => {
        const clock = new SimulatedClock();
        const wheel = new TimingWheel(clock);
        const fired = new Map<number, number[]>();
        for (const [i, { atMs, delayMs, cancel }] of entries.entries()) {
          clock.after(atMs, () => {
            const deadline = wheel.arm(delayMs, () => fired.set(i, [...(fired.get(i) ?? []), clock.monotonicMs()]));
            if (cancel) wheel.cancel(deadline);
          });
        }
        clock.advance(70_000);
        for (const [i, { atMs, delayMs, cancel }] of entries.entries()) {
          const times = fired.get(i) ?? [];
          expect(times).toHaveLength(cancel ? 0 : 1);
          for (const at of times) {
            expect(at).toBeGreaterThanOrEqual(atMs + delayMs);
            expect(at).toBeLessThanOrEqual(atMs + delayMs + 2 * WHEEL_TICK_MS);
          }
        }
        expect(wheel.armed).toBe(0);
      }),
    );
  });

  it('holds no timer of the machine while nothing is armed', () => {
    const clock = new SimulatedClock();
    const wheel = new TimingWheel(clock);
    wheel.cancel(wheel.arm(1_000, () => undefined));
    clock.advance(2 * WHEEL_TICK_MS);
    expect(clock.pending).toBe(0);
  });

  it('survives a clock that jumps over many turns at once', () => {
    const clock = new SimulatedClock();
    const wheel = new TimingWheel(clock);
    let fired = 0;
    wheel.arm(200_000, () => fired++);
    clock.advance(1_000_000);
    expect(fired).toBe(1);
  });
});
