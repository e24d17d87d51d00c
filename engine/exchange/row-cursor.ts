import { DatalabError } from '../errors/errors.ts';
import { checkRow } from './check-row.ts';
import type { RowOf, TableName } from './tables.ts';

/** Walks through a table's rows, each of them checked. What is wrong is told with file and row. */
export class RowCursor<T extends TableName> {
  readonly #table: T;
  readonly #path: string;
  readonly #app: string;
  readonly #source: AsyncGenerator<readonly unknown[]>;
  #batch: readonly unknown[] = [];
  #at = 0;
  #next: RowOf<T> | undefined;
  #taken = 0;

  /** @param app whose rows they must be @param source the rows as they stand in the file */
  constructor(table: T, path: string, app: string, source: AsyncGenerator<readonly unknown[]>) {
    this.#table = table;
    this.#path = path;
    this.#app = app;
    this.#source = source;
  }

  /** Rows taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** The next row, which stays; undefined at the end. @throws DatalabError `exchange-invalid` if it does not fit its table */
  async peek(): Promise<RowOf<T> | undefined> {
    while (!this.#next) {
      if (this.#at < this.#batch.length) this.#next = this.#check(this.#batch[this.#at++]);
      else if (!(await this.#fill())) return undefined;
    }
    return this.#next;
  }

  /** Takes the next rows as long as they belong. @param max at most so many */
  async takeWhile(belongs: (row: RowOf<T>) => boolean, max = Number.POSITIVE_INFINITY): Promise<RowOf<T>[]> {
    const rows: RowOf<T>[] = [];
    while (rows.length < max) {
      const row = await this.peek();
      if (!row || !belongs(row)) break;
      rows.push(row);
      this.#next = undefined;
      this.#taken++;
    }
    return rows;
  }

  /** Takes rows that nobody needs. */
  async skip(rows: number): Promise<void> {
    for (const end = this.#taken + rows; this.#taken < end; this.#taken++) {
      if (!(await this.peek())) return;
      this.#next = undefined;
    }
  }

  /** An error that names a row. @param row counted from 1; default the one that was taken last */
  refuse(wrong: string, row = this.#taken): DatalabError {
    return this.#refuse(row, wrong);
  }

  /** Lets go of the file. */
  async close(): Promise<void> {
    await this.#source.return(undefined);
  }

  /** @returns false at the end */
  async #fill(): Promise<boolean> {
    try {
      const { value, done } = await this.#source.next();
      if (done) return false;
      this.#batch = value;
      this.#at = 0;
      return true;
    } catch (error) {
      throw this.#refuse(this.#taken + 1, (error as Error).message, error);
    }
  }

  #check(given: unknown): RowOf<T> {
    const checked = checkRow(this.#table, given);
    if ('wrong' in checked) throw this.#refuse(this.#taken + 1, checked.wrong);
    const { app } = checked.row;
    if (app !== this.#app) throw this.#refuse(this.#taken + 1, `it is of the app ${JSON.stringify(app)}, not of ${this.#app}`);
    return checked.row;
  }

  #refuse(row: number, wrong: string, cause?: unknown): DatalabError {
    return new DatalabError('exchange-invalid', `${this.#path}, row ${row}: ${wrong}.`, { cause });
  }
}
