import { parseArgs } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import { DatalabError } from '../../engine/errors/errors.ts';
import type { Store } from '../../engine/store/store.ts';
import { rebuildRollups } from '../../engine/upkeep/rebuild.ts';
import { progressBar } from './progress-bar.ts';

export const REBUILD_USAGE = 'datalab rebuild [--verify]';

const number = (value: number) => value.toLocaleString('en');

/**
 * `datalab rebuild`: recomputes every rollup from the stored events; `--verify` only compares.
 * @returns the exit code: 1 if it was to verify and something differs
 * @throws DatalabError `query-invalid` for an option that there is not
 */
export async function rebuildCommand(store: Store, args: readonly string[]): Promise<number> {
  const verifyOnly = optionsOf(args);
  const bar = progressBar(process.stderr);
  const examples: string[] = [];
  const outcome = await rebuildRollups(store, {
    verifyOnly,
    run: uuidv7(),
    progress: (comparison, share) => {
      examples.push(...comparison.examples.slice(0, 5 - examples.length));
      bar(share, `${comparison.day}: ${number(comparison.events)} events`);
    },
  });
  const { days, chunks, events, rows, differing, resumedAfter } = outcome;
  if (resumedAfter) console.log(`Took up the rebuild that was cut off after ${resumedAfter}.`);
  console.log(`${number(events)} events in ${number(chunks)} chunks, ${number(days)} days; ${number(rows)} rollup documents compared.`);
  for (const example of examples) console.log(`  ${example}`);
  if (differing === 0) console.log('The kept rollups equal the computed ones.');
  else console.log(verifyOnly ? `${number(differing)} differ; nothing was changed.` : `${number(differing)} differed and were corrected.`);
  return verifyOnly && differing > 0 ? 1 : 0;
}

function optionsOf(args: readonly string[]): boolean {
  try {
    return parseArgs({ args: [...args], options: { verify: { type: 'boolean', default: false } } }).values.verify;
  } catch (error) {
    throw new DatalabError('query-invalid', `${(error as Error).message}. Usage: ${REBUILD_USAGE}`, { cause: error });
  }
}
