/**
 * The rollups of an import. A day whose events had expired cannot be counted again: its sums are taken from the export. What the
 * restored sessions counted on that day is part of those sums, so only the difference is added, each key once: a document
 * marks, in the same transaction, how far it is.
 */
import { DatalabError } from '../errors/errors.ts';
import { addHeat, type HeatKey } from '../rollup/heat.ts';
import { packChanges } from '../rollup/packed-changes.ts';
import { HEAT_COLUMNS, ROLLUPS, type RollupChange, type RollupName } from '../rollup/rollups.ts';
import { RollupTotals } from '../rollup/totals.ts';
import { COVERAGE, type Coverage, coverageId } from '../store/coverage.ts';
import type { Store } from '../store/store.ts';
import type { Manifest } from './manifest.ts';
import type { RowCursor } from './row-cursor.ts';
import { ROLLUP_TABLES, type RowOf } from './tables.ts';

const KIND = 'import';
/** Added in one transaction: so many rows, and so many characters of their keys, as a document of MongoDB has at most 16 MiB. */
const PART_MAX_ROWS = 20_000;
const PART_MAX_CHARS = 4_194_304;

export type RollupStore = Pick<Store, 'readRollup' | 'readDocument' | 'writeDocument' | 'applyChanges'>;

export type RollupOutcome = {
  /** Days whose sums were taken from the export. */ readonly rollupDays: number;
  readonly rollupRows: number;
  /** Days that had sums here before, or whose sums expired here: left as they are. */ readonly skippedDays: number;
};

/** Where the rollups of one export are in one app: of the tables before this one all rows are done, of it so many. */
type Done = { readonly table: RollupName; readonly rows: number };
/** Kept under the export's id. `skipped`: days that are left alone, as they were when it was first imported. */
type Mark = Done & { readonly skipped: readonly string[] };

/** What is to be taken from the export. */
export type RollupsToAdd = {
  /** Of its mark. */ readonly id: string;
  revision: number;
  readonly days: ReadonlySet<string>;
  readonly skipped: readonly string[];
  /** Days from here on are counted from the events. */ readonly fromDay: string;
  /** Where an import before this one was cut off. */ readonly done: Done;
};

/** Decides which days are taken, and keeps that: once sessions are restored it cannot be told any more. */
export async function rollupsToAdd(store: RollupStore, app: string, manifest: Manifest): Promise<RollupsToAdd> {
  const id = `${manifest.export}:${app}`;
  const { fromDay = '' } = manifest;
  const expired = manifest.days.filter((day) => day < fromDay);
  for (;;) {
    const before = await store.readDocument(KIND, id);
    const mark = (before?.value as Mark | undefined) ?? { skipped: await daysHere(store, app, expired), table: 'page', rows: 0 };
    const { skipped, table, rows } = mark;
    const days = new Set(expired.filter((day) => !skipped.includes(day)));
    const plan = { id, revision: before?.revision ?? 1, days, skipped, fromDay, done: { table, rows } };
    if (before || (await store.writeDocument({ kind: KIND, id, ifRevision: 0, value: mark }))) return plan;
  }
}

/** Adds them, a part at a time. @throws DatalabError `exchange-invalid` for a row that does not fit, or when another import overtook this one */
export async function importRollups(
  store: RollupStore,
  app: string,
  plan: RollupsToAdd,
  open: (table: RollupName) => RowCursor<RollupName>,
  step: (rows: number, what: string) => void,
): Promise<RollupOutcome> {
  const outcome = { rollupDays: plan.days.size, skippedDays: plan.skipped.length };
  if (plan.days.size === 0) return { ...outcome, rollupRows: 0 };
  // Before the first of them: a rebuild would take them away, as no events say them.
  await raiseCoverage(store, app, plan.fromDay);
  let rollupRows = 0;
  for (const table of ROLLUP_TABLES.slice(ROLLUP_TABLES.indexOf(plan.done.table))) {
    rollupRows += await importRollup(store, app, plan, table, open(table), step);
  }
  return { ...outcome, rollupRows };
}

/** @returns rows taken from the export */
async function importRollup(
  store: RollupStore,
  app: string,
  plan: RollupsToAdd,
  table: RollupName,
  cursor: RowCursor<RollupName>,
  step: (rows: number, what: string) => void,
): Promise<number> {
  if (table === plan.done.table) await cursor.skip(plan.done.rows);
  let rows = 0;
  for (;;) {
    const part = await nextPart(table, cursor);
    const [first] = part;
    // Days ascend: from here on they were counted from the events.
    if (!first || first.day >= plan.fromDay) return rows;
    step(part.length, `rollups of ${first.day}`);
    if (!plan.days.has(first.day)) continue;
    await apply(store, plan, await lacking(store, app, table, part), { table, rows: cursor.taken });
    rows += part.length;
  }
}

/** Rows of one day, and of one page where they are heat. */
async function nextPart(table: RollupName, cursor: RowCursor<RollupName>): Promise<readonly RowOf<RollupName>[]> {
  const first = await cursor.peek();
  let chars = 0;
  const belongs = (row: RowOf<RollupName>) => {
    for (const column of ROLLUPS[table].key) chars += String((row as Columns)[column]).length;
    const isLike = row.day === first?.day && (table !== 'heat' || urlOf(row) === urlOf(first));
    return row === first || (isLike && chars <= PART_MAX_CHARS);
  };
  return cursor.takeWhile(belongs, PART_MAX_ROWS);
}

/** What the kept rows lack to be those of the export, by packChanges. */
async function lacking(store: RollupStore, app: string, table: RollupName, rows: readonly RowOf<RollupName>[]): Promise<Uint8Array> {
  const [first] = rows;
  const day = first?.day ?? '';
  const range = { app, fromDay: day, toDay: day, ...(table === 'heat' && { where: { url: urlOf(first) } }) };
  const here = new Map((await store.readRollup(table, range)).map((row) => [keyOf(table, app, row), row as Columns]));
  const totals = new RollupTotals();
  for (const row of rows as readonly Columns[]) {
    const kept = here.get(keyOf(table, app, row));
    const add = Object.fromEntries(ROLLUPS[table].sums.map((column) => [column, Number(row[column]) - Number(kept?.[column] ?? 0)]));
    addTo(totals, app, table, row, add);
  }
  return packChanges({ rollups: totals.changes(), heat: totals.grids() });
}

function addTo(totals: RollupTotals, app: string, rollup: RollupName, row: Columns, add: Readonly<Record<string, number>>): void {
  const key: Columns = { ...Object.fromEntries(ROLLUPS[rollup].key.map((column) => [column, row[column]])), app };
  if (rollup !== 'heat') totals.add({ rollup, key, add } as unknown as RollupChange);
  else {
    const { row: line, column, ...grid } = key;
    addHeat(totals.heat(grid as unknown as HeatKey), Number(line) * HEAT_COLUMNS + Number(column), add['weight'] ?? 0);
  }
}

async function apply(store: RollupStore, plan: RollupsToAdd, changes: Uint8Array, done: RollupsToAdd['done']): Promise<void> {
  const value: Mark = { skipped: plan.skipped, ...done };
  if (!(await store.applyChanges(changes, { kind: KIND, id: plan.id, ifRevision: plan.revision, value }))) {
    throw new DatalabError('exchange-invalid', 'Another import of the same export is under way; this one stopped.');
  }
  plan.revision++;
}

/** Those of the days that have sums here, or whose sums expired here. */
async function daysHere(store: RollupStore, app: string, days: readonly string[]): Promise<string[]> {
  const coverage = (await store.readDocument(COVERAGE, coverageId(app)))?.value as Coverage | undefined;
  const here: string[] = [];
  for (const day of days) {
    const hasSums = async (name: 'page' | 'dimension') => (await store.readRollup(name, { app, fromDay: day, toDay: day })).length > 0;
    if (day < (coverage?.rollupsFromDay ?? '')) here.push(day);
    else if ((await hasSums('dimension')) || (await hasSums('page'))) here.push(day);
  }
  return here;
}

/** From this day on, at the earliest, rollups of the app can be counted again. */
async function raiseCoverage(store: RollupStore, app: string, fromDay: string): Promise<void> {
  for (;;) {
    const before = await store.readDocument(COVERAGE, coverageId(app));
    const coverage = before?.value as Coverage | undefined;
    if (coverage && coverage.fromDay >= fromDay) return;
    const write = { kind: COVERAGE, id: coverageId(app), ifRevision: before?.revision ?? 0, value: { ...coverage, fromDay } };
    if (await store.writeDocument(write)) return;
  }
}

type Columns = Readonly<Record<string, string | number | undefined>>;

function keyOf(table: RollupName, app: string, row: Columns): string {
  return JSON.stringify(ROLLUPS[table].key.map((column) => (column === 'app' ? app : row[column])));
}

const urlOf = (row: Columns | undefined) => String(row?.['url']);
