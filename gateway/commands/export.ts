import { parseArgs } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import { DatalabError } from '../../engine/errors/errors.ts';
import { type ExportOptions, exportFolder, exportTable } from '../../engine/exchange/export.ts';
import { exportVisitor } from '../../engine/exchange/export-visitor.ts';
import { FORMATS, type FormatName } from '../../engine/exchange/formats.ts';
import { fileSink, streamSink } from '../../engine/exchange/sink.ts';
import { TABLES, type TableName } from '../../engine/exchange/tables.ts';
import type { Store } from '../../engine/store/store.ts';
import type { Settings } from '../settings.ts';
import { VERSION } from '../version.ts';
import { progressBar } from './progress-bar.ts';

export const EXPORT_USAGE =
  'datalab export --app KEY --out FOLDER [--format csv|jsonl|parquet] [--only TABLE,…] [--from YYYY-MM-DD] [--to YYYY-MM-DD] | ' +
  'datalab export --app KEY --only TABLE --out - [--format csv|jsonl] … | datalab export --app KEY --visitor ID --out FILE|-';

const STDOUT = '-';
const ALL_TABLES = Object.keys(TABLES) as TableName[];

const number = (value: number) => value.toLocaleString('en');

/**
 * `datalab export`: one app's sessions, events and rollups as files that other tools read, or all of one visitor as JSON.
 * What is written for reading goes to stdout only with `--out -`; everything that is said goes to stderr then.
 * @returns the exit code: 1 if nothing is stored of the visitor
 * @throws DatalabError `query-invalid` for an option that is missing or that there is not, or a place that cannot be written; `app-unknown`
 */
export async function exportCommand(store: Store, args: readonly string[], { apps }: Settings): Promise<number> {
  const { app, out, visitor, ...rest } = valuesOf(args);
  if (!app || !out) throw invalid('--app and --out are needed, each with a value');
  // A misspelt key would give an export that is empty.
  if (!apps.some(({ key }) => key === app)) throw new DatalabError('app-unknown', `DATALAB_APPS has no app ${app}.`);
  if (visitor !== undefined) {
    if (visitor === '' || Object.keys(rest).length > 0) throw invalid('--visitor has a value, and stands with --app and --out alone');
    return writeVisitor(store, app, visitor, out);
  }
  const bar = progressBar(process.stderr);
  const options: ExportOptions = { app, ...choiceOf(rest), progress: bar };
  if (out === STDOUT) {
    const [table, ...others] = options.tables;
    if (!table || others.length > 0) throw invalid('with --out - only one table can be written: name it by --only');
    if (!FORMATS[options.format].streams) throw invalid(`${options.format} cannot be written to --out -`);
    await exportTable(store, table, streamSink(process.stdout), options);
    return 0;
  }
  const { tables } = await exportFolder(store, out, { ...options, id: uuidv7(), version: VERSION });
  for (const [table, { rows, bytes }] of Object.entries(tables))
    console.log(`${table.padEnd(10)} ${number(rows)} rows, ${number(bytes)} bytes`);
  return 0;
}

async function writeVisitor(store: Store, app: string, visitor: string, out: string): Promise<number> {
  const sink = out === STDOUT ? streamSink(process.stdout) : await fileSink(out);
  const counts = await exportVisitor(store, sink, { app, visitor, progress: () => undefined });
  const { visits, sessions, events } = counts;
  console.error(`${number(visits)} visits, ${number(sessions)} sessions, ${number(events)} events of visitor ${visitor}.`);
  return visits === 0 && sessions === 0 ? 1 : 0;
}

type Values = ReturnType<typeof valuesOf>;

function choiceOf({ format = 'csv', only, from, to }: Omit<Values, 'app' | 'out' | 'visitor'>) {
  if (!isFormat(format)) throw invalid(`--format is one of ${Object.keys(FORMATS).join(', ')}, not ${format}`);
  const tables = only === undefined ? ALL_TABLES : only.split(',').map(tableOf);
  for (const [name, day] of Object.entries({ from, to })) {
    if (day !== undefined && !isDay(day)) throw invalid(`--${name} is a day like 2026-02-28, not ${day}`);
  }
  if (from !== undefined && to !== undefined && from > to) throw invalid('--from is after --to');
  return { format, tables: [...new Set(tables)], ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

const isFormat = (name: string): name is FormatName => Object.hasOwn(FORMATS, name);
/** Also not the 30th of February. */
const isDay = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(Date.parse(text) || 0).toISOString().startsWith(text);

function tableOf(name: string): TableName {
  const table = ALL_TABLES.find((known) => known === name.trim());
  if (!table) throw invalid(`--only names tables of ${ALL_TABLES.join(', ')}, not ${name}`);
  return table;
}

function valuesOf(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { app: text, out: text, visitor: text, format: text, only: text, from: text, to: text };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw invalid((error as Error).message, error);
  }
}

function invalid(why: string, cause?: unknown): DatalabError {
  return new DatalabError('query-invalid', `${why}. Usage: ${EXPORT_USAGE}`, { cause });
}
