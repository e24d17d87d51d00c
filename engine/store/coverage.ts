/**
 * From which day on rollups can be computed again. Chunks and sessions that expired cannot be counted a second time: a rebuild
 * leaves their days alone, by the documents of the kind `coverage`.
 */

export const COVERAGE = 'coverage';
/** The document of all apps. */
export const EVERY_APP = 'rollups';

/** Value of a coverage document. */
export type Coverage = {
  /** First UTC day that can be computed again, `YYYY-MM-DD`. */ readonly fromDay: string;
  /** First day whose rollups are kept; older ones expired. */ readonly rollupsFromDay?: string;
};

/** `id` of an app's document. */
export function coverageId(app: string): string {
  return `app:${app}`;
}

/** What the coverage documents say, together. */
export class Coverages {
  readonly #byId = new Map<string, Coverage>();

  /** @param documents `id` and value of each document of the kind */
  constructor(documents: Iterable<readonly [id: string, value: Coverage]>) {
    for (const [id, value] of documents) this.#byId.set(id, value);
  }

  /** True if a day of an app can be computed again. */
  covers(app: string, day: string): boolean {
    return day >= this.fromDay && day >= (this.#byId.get(coverageId(app))?.fromDay ?? '');
  }

  /** First day that can be computed again in every app, as far as all of them are concerned; '' if there is no bound. */
  get fromDay(): string {
    return this.#byId.get(EVERY_APP)?.fromDay ?? '';
  }

  /** True if the rollups of this day have not expired. */
  keepsRollups(app: string, day: string): boolean {
    return day >= (this.#byId.get(coverageId(app))?.rollupsFromDay ?? '');
  }
}
