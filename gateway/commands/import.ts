import { parseArgs } from 'node:util';
import { DatalabError } from '../../engine/errors/errors.ts';
import { importFolder } from '../../engine/exchange/import.ts';
import type { Store } from '../../engine/store/store.ts';
import type { Settings } from '../settings.ts';
import { progressBar } from './progress-bar.ts';

export const IMPORT_USAGE = 'datalab import FOLDER [--app KEY]';

const number = (value: number) => value.toLocaleString('en');

/**
 * `datalab import`: puts back what `datalab export` wrote; `--app` puts it into another app. What is there already stays.
 * @returns the exit code
 * @throws DatalabError `query-invalid` for an option that there is not, `app-unknown`, `exchange-invalid` for a folder that is no whole export
 */
export async function importCommand(store: Store, args: readonly string[], { apps }: Settings): Promise<number> {
  const { folder, app: into } = optionsOf(args);
  const outcome = await importFolder(store, {
    folder,
    ...(into !== undefined && { app: into }),
    // Nobody would see what is of an app that there is not.
    accepts: (app) => apps.some(({ key }) => key === app),
    progress: progressBar(process.stderr),
  });
  const { app, sessions, events, alreadyThere, expired, rollupDays, rollupRows, skippedDays } = outcome;
  console.log(`${number(sessions)} sessions with ${number(events)} events into ${app}; ${number(alreadyThere)} were there already.`);
  if (expired > 0) console.log(`${number(expired)} sessions expired here and are in the rollups still: they were left out.`);
  if (rollupDays > 0) console.log(`Rollups of ${number(rollupDays)} days whose events had expired: ${number(rollupRows)} rows.`);
  if (skippedDays > 0) console.log(`${number(skippedDays)} such days were left as they are, because the app has rollups of them, or had.`);
  return 0;
}

function optionsOf(args: readonly string[]): { readonly folder: string; readonly app: string | undefined } {
  let parsed: { readonly positionals: readonly string[]; readonly values: { readonly app?: string | undefined } };
  try {
    parsed = parseArgs({ args: [...args], options: { app: { type: 'string' } }, allowPositionals: true });
  } catch (error) {
    throw new DatalabError('query-invalid', `${(error as Error).message}. Usage: ${IMPORT_USAGE}`, { cause: error });
  }
  const [folder, ...more] = parsed.positionals;
  if (!folder || more.length > 0) throw new DatalabError('query-invalid', `One folder is needed. Usage: ${IMPORT_USAGE}`);
  return { folder, app: parsed.values.app };
}
