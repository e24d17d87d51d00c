import type { RollupName } from '../rollup/rollups.ts';
import { COVERAGE, type Coverage, coverageId } from '../store/coverage.ts';
import type { Store } from '../store/store.ts';
import type { Manifest } from './manifest.ts';

/** Kind of the document that keeps an import's mark, under the export's id and the app's key. */
export const IMPORT = 'import';

/** Where the rollups of an export are: of the tables before this one all rows are done, of it so many. */
export type RollupsDone = { readonly table: RollupName; readonly rows: number };

/** Value of the document. What was here when the export was first imported cannot be told later: sessions put back count, too. */
export type Mark = RollupsDone & {
  /** Days of the export before `fromDay` of it or of the app here that had sums here, or whose sums had expired here. */
  readonly here: readonly string[];
  /** First day that could be counted again here. */ readonly coveredFrom: string;
};

/** What an import takes, and what it leaves out so that nothing is counted twice. */
export type ImportPlan = {
  readonly id: string;
  /** Of the document. */ revision: number;
  readonly mark: Mark;
  /** Days whose sums are taken from the export: their events had expired there, and there are no sums here. */
  readonly days: ReadonlySet<string>;
  /** Days whose sums are not taken, because there are some here. */ readonly skippedDays: number;
  /** Days from here on are counted from the events. */ readonly fromDay: string;
  /** Sessions that began on this day expired here, while their sums stayed: they are not put back. */
  hasExpired(day: string): boolean;
};

export type PlanStore = Pick<Store, 'readRollup' | 'readDocument' | 'writeDocument'>;

/** Makes the plan, or takes up that of an import which was cut off. */
export async function planImport(store: PlanStore, app: string, manifest: Manifest): Promise<ImportPlan> {
  const id = `${manifest.export}:${app}`;
  for (;;) {
    const before = await store.readDocument(IMPORT, id);
    const mark = (before?.value as Mark | undefined) ?? (await firstMark(store, app, manifest));
    const isNew = !before && (await store.writeDocument({ kind: IMPORT, id, ifRevision: 0, value: mark }));
    if (before || isNew) return planOf(id, before?.revision ?? 1, mark, manifest);
  }
}

function planOf(id: string, revision: number, mark: Mark, { days, fromDay = '' }: Manifest): ImportPlan {
  const here = new Set(mark.here);
  const expiredThere = days.filter((day) => day < fromDay);
  const taken = new Set(expiredThere.filter((day) => !here.has(day)));
  const hasExpired = (day: string) => day < mark.coveredFrom && here.has(day);
  return { id, revision, mark, days: taken, skippedDays: expiredThere.length - taken.size, fromDay, hasExpired };
}

async function firstMark(store: PlanStore, app: string, { days, fromDay = '' }: Manifest): Promise<Mark> {
  const coverage = (await store.readDocument(COVERAGE, coverageId(app)))?.value as Coverage | undefined;
  const { fromDay: coveredFrom = '', rollupsFromDay = '' } = coverage ?? {};
  const here: string[] = [];
  for (const day of days.filter((day) => day < fromDay || day < coveredFrom)) {
    const hasSums = async (name: 'page' | 'dimension') => (await store.readRollup(name, { app, fromDay: day, toDay: day })).length > 0;
    if (day < rollupsFromDay || (await hasSums('dimension')) || (await hasSums('page'))) here.push(day);
  }
  return { here, coveredFrom, table: 'page', rows: 0 };
}
