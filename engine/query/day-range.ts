import { dayOf } from '../rollup/rollups.ts';
import type { RollupRange } from '../store/store.ts';

/** The days that a range of times touches: rollups are kept by the day, so its first and last day count in full. */
export function dayRange({ fromMs, toMs }: { readonly fromMs?: number; readonly toMs?: number }): Pick<RollupRange, 'fromDay' | 'toDay'> {
  return { ...(fromMs !== undefined && { fromDay: dayOf(fromMs) }), ...(toMs !== undefined && { toDay: dayOf(toMs) }) };
}
