/** The pool's worker: prepares one batch at a time. */
import { handOver } from './hand-over.ts';
import { prepareBatch as prepare } from './prepare-batch.ts';
import type { PrepareTask } from './task.ts';

/** Piscina calls it by this name. */
export function prepareBatch(task: PrepareTask): unknown {
  return handOver(prepare(task));
}
