import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { Prepared } from './task.ts';

/** Makes Piscina transfer the packed bytes to the main thread, and clone only the rest. For a worker to return. */
export function handOver(prepared: Prepared): unknown {
  return move({ [valueSymbol]: prepared, [transferableSymbol]: prepared.packed.buffer });
}
