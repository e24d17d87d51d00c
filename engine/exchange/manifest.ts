/** `manifest.json` of an export: what it is of, what it holds, and, written last, that it is whole. */
import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatalabError } from '../errors/errors.ts';
import { FORMATS, type FormatName } from './formats.ts';
import { TABLES, type TableName } from './tables.ts';

const FILE = 'manifest.json';
/** Only ever raised; an import refuses one that it does not know. */
export const FORMAT_VERSION = 1;

/** What stands in one file. */
export type TableCount = { readonly rows: number; readonly bytes: number };

export type Manifest = {
  readonly formatVersion: typeof FORMAT_VERSION;
  /** Version of datalab that wrote it. */ readonly datalab: string;
  /** Names this export: what was added of it is added once (UUID v7). */ readonly export: string;
  readonly app: string;
  readonly format: FormatName;
  /** Its bounds, UTC days, inclusive: of sessions by their start, of rollups by their day. */ readonly from?: string;
  readonly to?: string;
  /** First day whose rollups can be counted again from the events; of earlier ones events are gone. Absent when none are. */
  readonly fromDay?: string;
  /** First day whose rollups were kept. */ readonly rollupsFromDay?: string;
  /** Days that rollups are of, ascending. */ readonly days: readonly string[];
  readonly tables: Readonly<Partial<Record<TableName, TableCount>>>;
  /** False while it is being written. */ readonly finished: boolean;
};

/** Path of a table's file. */
export function tablePath(folder: string, table: TableName, format: FormatName): string {
  return join(folder, `${table}.${FORMATS[format].extension}`);
}

/** Makes the folder of an export, readable by its owner alone. @throws DatalabError `query-invalid` if something lies in it, or it cannot be made */
export async function makeFolder(folder: string): Promise<void> {
  let lying: string[];
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    lying = await readdir(folder);
  } catch (error) {
    throw new DatalabError('query-invalid', `Cannot make the folder ${folder}: ${(error as Error).message}.`, { cause: error });
  }
  if (lying.length > 0) throw new DatalabError('query-invalid', `The folder ${folder} is not empty: name one that is, or a new one.`);
}

/** Writes the manifest, whole or not at all. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const path = join(folder, FILE);
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/** The manifest of an export that is whole and whose files are as it says. @throws DatalabError `exchange-invalid` */
export async function readManifest(folder: string): Promise<Manifest & { readonly tables: Readonly<Record<TableName, TableCount>> }> {
  const refuse = (why: string, cause?: unknown) => new DatalabError('exchange-invalid', `${join(folder, FILE)}: ${why}.`, { cause });
  let given: unknown;
  try {
    given = JSON.parse(await readFile(join(folder, FILE), 'utf8'));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw refuse(isMissing ? 'there is none: this folder is no export' : `it cannot be read: ${(error as Error).message}`, error);
  }
  if (typeof given !== 'object' || given === null) throw refuse('it is no manifest');
  const manifest = given as Partial<Manifest>;
  if (manifest.formatVersion !== FORMAT_VERSION) throw refuse(`its format version ${manifest.formatVersion} is not known here`);
  if (manifest.finished !== true) throw refuse('the export was cut off before it was whole');
  if (!isWhole(manifest)) throw refuse('it was changed: it does not say what an export says');
  for (const table of Object.keys(TABLES) as TableName[]) {
    const count = manifest.tables[table];
    if (!count) throw refuse(`the export is without ${table}: it was made to be read, not to be imported`);
    const path = tablePath(folder, table, manifest.format);
    const found = await stat(path).catch(() => null);
    if (!found) throw refuse(`${path} is missing`);
    if (found.size !== count.bytes) throw refuse(`${path} has ${found.size} bytes, not ${count.bytes}: it was changed or cut off`);
  }
  return { ...manifest, tables: manifest.tables as Record<TableName, TableCount> };
}

function isWhole(given: Partial<Manifest>): given is Manifest {
  const { app, export: id, format, days, tables, fromDay = '', rollupsFromDay = '' } = given;
  const texts: readonly unknown[] = [app, id, format, fromDay, rollupsFromDay];
  return (
    texts.every((value) => typeof value === 'string') &&
    Object.hasOwn(FORMATS, String(format)) &&
    Array.isArray(days) &&
    days.every((day) => typeof day === 'string') &&
    typeof tables === 'object' &&
    tables !== null
  );
}
