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
import { IMPORT, type ImportPlan, type Mark, type PlanStore, type RollupsDone } from './import-plan.ts';
import type { RowCursor } from './row-cursor.ts';
import { ROLLUP_TABLES, type RowOf } from './tables.ts';

/** Added in one transaction: so many rows, and so many characters of their keys, as a document of MongoDB has at most 16 MiB. */
const PART_MAX_ROWS = 20_000;
const PART_MAX_CHARS = 4_194_304;

export type RollupStore = PlanStore & Pick<Store, 'applyChanges'>;

export type RollupOutcome = {
  /** Days whose sums were taken from the export. */ readonly rollupDays: number;
  readonly rollupRows: number;
  /** Days that had sums here before, or whose sums expired here: left as they are. */ readonly skippedDays: number;
};

/** Adds them, a part at a time. @throws DatalabError `exchange-invalid` for a row that does not fit, or when another import overtook this one */
export async function importRollups(
  store: RollupStore,
  app: string,
  plan: ImportPlan,
  open: (table: RollupName) => RowCursor<RollupName>,
  step: (rows: number, what: string) => void,
): Promise<RollupOutcome> {
  const outcome = { rollupDays: plan.days.size, skippedDays: plan.skippedDays };
  if (plan.days.size === 0) return { ...outcome, rollupRows: 0 };
  // Before the first of them: a rebuild would take them away, as no events say them.
  await raiseCoverage(store, app, plan.fromDay);
  let rollupRows = 0;
  for (const table of ROLLUP_TABLES.slice(ROLLUP_TABLES.indexOf(plan.mark.table))) {
    rollupRows += await importRollup(store, app, plan, table, open(table), step);
  }
  return { ...outcome, rollupRows };
}

/** @returns rows taken from the export */
async function importRollup(
  store: RollupStore,
  app: string,
  plan: ImportPlan,
  table: RollupName,
  cursor: RowCursor<RollupName>,
  step: (rows: number, what: string) => void,
): Promise<number> {
  if (table === plan.mark.table) await cursor.skip(plan.mark.rows);
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

async function apply(store: RollupStore, plan: ImportPlan, changes: Uint8Array, done: RollupsDone): Promise<void> {
  const value: Mark = { ...plan.mark, ...done };
  if (!(await store.applyChanges(changes, { kind: IMPORT, id: plan.id, ifRevision: plan.revision, value }))) {
    throw new DatalabError('exchange-invalid', 'Another import of the same export is under way; this one stopped.');
  }
  plan.revision++;
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
