import { parseArgs } from 'node:util';
import { DatalabError } from '../../engine/errors/errors.ts';
import { KEPT_KINDS, type Store } from '../../engine/store/store.ts';
import { applyRetention, expiriesOf } from '../../engine/upkeep/retention.ts';
import type { Settings } from '../settings.ts';
import { keptOf } from '../upkeep/retention-setting.ts';
import { progressBar } from './progress-bar.ts';

export const RETAIN_USAGE = 'datalab retain [--dry-run]';

const number = (value: number) => value.toLocaleString('en');

/**
 * `datalab retain`: deletes now what the node would delete by itself once a day; `--dry-run` says what that is.
 * @returns the exit code: 1 if deleted bytes may still be on the disk
 * @throws DatalabError `query-invalid` for an option that there is not
 */
export async function retainCommand(store: Store, args: readonly string[], { apps, retention }: Settings): Promise<number> {
  const dryRun = optionsOf(args);
  const nowMs = Date.now();
  const plan = apps.map(({ key }) => ({ app: key, kept: keptOf(retention, key) }));
  for (const { app, kept } of plan) {
    const days = expiriesOf(app, kept, nowMs);
    const said = KEPT_KINDS.map((kind) => {
      const day = days.find((expiry) => expiry.kind === kind)?.beforeDay;
      return day ? `${kind} from ${day} on` : `${kind} forever`;
    });
    console.log(`${app} keeps ${said.join(', ')}.`);
  }
  if (dryRun) {
    console.log('Nothing was deleted.');
    return 0;
  }
  const bar = progressBar(process.stderr);
  let scrubbed = true;
  for (const [i, { app, kept }] of plan.entries()) {
    const outcome = await applyRetention(store, {
      app,
      kept,
      nowMs,
      progress: ({ kind }, removed) =>
        bar((i + KEPT_KINDS.indexOf(kind) / KEPT_KINDS.length) / plan.length, `${app}: ${number(removed)} of its old ${kind}`),
    });
    const { chunks, sessions, rollups } = outcome.removed;
    bar((i + 1) / plan.length, `${app}: ${number(chunks)} chunks, ${number(sessions)} sessions, ${number(rollups)} rollups deleted`);
    scrubbed &&= outcome.scrubbed ?? true;
  }
  if (!scrubbed) console.log('Some deleted bytes may still be on the disk: they go with what is deleted next.');
  return scrubbed ? 0 : 1;
}

function optionsOf(args: readonly string[]): boolean {
  try {
    return parseArgs({ args: [...args], options: { 'dry-run': { type: 'boolean', default: false } } }).values['dry-run'];
  } catch (error) {
    throw new DatalabError('query-invalid', `${(error as Error).message}. Usage: ${RETAIN_USAGE}`, { cause: error });
  }
}
