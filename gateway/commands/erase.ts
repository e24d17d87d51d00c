import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import { DatalabError } from '../../engine/errors/errors.ts';
import type { Store } from '../../engine/store/store.ts';
import { type ErasureReport, eraseVisitor } from '../../engine/upkeep/erase-visitor.ts';
import { openSigner } from '../hello/signer.ts';
import type { Settings } from '../settings.ts';
import { VERSION } from '../version.ts';
import { progressBar } from './progress-bar.ts';

export const ERASE_USAGE = 'datalab erase --app KEY --visitor ID --by NAME [--reason TEXT] [--out FILE] | datalab erase --check FILE';

/** A report as it is handed out: with the node's signature over all the rest. */
export type SignedReport = ErasureReport & { readonly signature: string };

type Order = {
  readonly app: string;
  readonly visitor: string;
  readonly by: string;
  readonly reason: string | undefined;
  /** A file that is not there yet; stdout without one. */ readonly out: string | undefined;
};

const number = (value: number) => value.toLocaleString('en');

/**
 * `datalab erase`: erases one visitor and gives a signed report, as JSON; `--check` says whether a report was signed here and is
 * unaltered. Asks nothing.
 * @returns the exit code: 1 if something of the visitor may be left, or if a report does not check
 * @throws DatalabError `query-invalid` for an option that is missing or that there is not, or a file that cannot be used; `app-unknown`
 */
export async function eraseCommand(store: Store, args: readonly string[], settings: Settings): Promise<number> {
  const { check, ...order } = optionsOf(args);
  if (check !== undefined) {
    if (Object.keys(order).length > 0) throw invalid('--check stands alone');
    return checkReport(check, settings.dataDir);
  }
  const { app, visitor, by, out, reason } = order;
  if (!app || !visitor || !by) throw invalid('--app, --visitor and --by are needed, each with a value');
  // A misspelt key would give a report that nothing is there.
  if (!settings.apps.some(({ key }) => key === app)) {
    throw new DatalabError('app-unknown', `DATALAB_APPS has no app ${app}.`);
  }
  return erase(store, { app, visitor, by, out, reason }, settings.dataDir);
}

async function erase(store: Store, { app, visitor, by, reason, out }: Order, dataDir: string): Promise<number> {
  const signer = openSigner(dataDir);
  // Before anything is erased: what is done must be shown.
  if (out !== undefined) makeNew(out);
  let report: ErasureReport;
  try {
    const bar = progressBar(process.stderr);
    report = await eraseVisitor(store, {
      app,
      visitor,
      id: uuidv7(),
      requestedBy: by,
      ...(reason !== undefined && { reason }),
      version: VERSION,
      now: () => Date.now(),
      progress: (events, of) => bar(Math.min(0.99, events / Math.max(events, of, 1)), `${number(events)} events erased`),
    });
    bar(1, `${number(report.erased.events)} events erased`);
  } catch (error) {
    if (out !== undefined) unlinkSync(out);
    throw error;
  }
  const signed: SignedReport = { ...report, signature: signer.reportSignature(report) };
  const text = JSON.stringify(signed, null, 2);
  if (out === undefined) console.log(text);
  else writeFileSync(out, `${text}\n`);
  const { remaining, scrubbed } = report;
  const left = remaining.visits > 0 || remaining.sessions > 0;
  if (left) console.error('The visitor came back while being erased, and something is stored again: run this again.');
  if (!scrubbed) console.error('Erased bytes may still be on the disk, because somebody reads them: run this again.');
  return left || !scrubbed ? 1 : 0;
}

/** Says what was checked, read from the very values that the signature covers. */
function checkReport(file: string, dataDir: string): number {
  const { signature, ...report } = readReport(file);
  if (typeof signature !== 'string' || !openSigner(dataDir).hasSigned(report, signature)) {
    console.error(`${file} was altered, or was signed with the secret of another data folder than ${dataDir}.`);
    return 1;
  }
  console.log(`${file} was signed here and is unaltered:`);
  console.log(JSON.stringify(report, null, 2));
  return 0;
}

function readReport(file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new DatalabError('query-invalid', `${file} cannot be read as a report: ${(error as Error).message}.`, { cause: error });
  }
  throw new DatalabError('query-invalid', `${file} is no report: it must hold a JSON object.`);
}

/** Readable by its owner alone: it will name the visitor. */
function makeNew(file: string): void {
  try {
    writeFileSync(file, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'it is there already' : (error as Error).message;
    throw new DatalabError('query-invalid', `${file} cannot be made: ${why}.`, { cause: error });
  }
}

function optionsOf(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...args], options: { app: text, visitor: text, by: text, reason: text, out: text, check: text } }).values;
  } catch (error) {
    throw invalid((error as Error).message, error);
  }
}

function invalid(why: string, cause?: unknown): DatalabError {
  return new DatalabError('query-invalid', `${why}. Usage: ${ERASE_USAGE}`, { cause });
}
