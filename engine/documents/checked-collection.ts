import { DatalabError } from '../errors/errors.ts';
import type { Collection, CollectionSpec, Page, Stored, Updated, Where } from './documents.ts';
import { isWellFormed, type PlainObject, plainValue } from './plain-value.ts';

const ID_MAX_CHARS = 256;
const INDEXED_MAX_CHARS = 1_024;
const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;
/** Each attempt that is lost is another's that was won: so many writers of one document at the same time all get their turn. */
const UPDATE_ATTEMPTS_MAX = 50;

/** Which documents are read, in order of id. */
export type Selection = {
  readonly where: Where | null;
  readonly after: string | null;
  readonly descending: boolean;
  readonly limit: number;
};

/** What an adapter does for a collection. What it is given has been checked: strings are strings, values are plain. */
export interface Rows {
  get(id: string): Promise<Stored<PlainObject> | null>;
  select(selection: Selection): Promise<Stored<PlainObject>[]>;
  count(): Promise<number>;
  insert(id: string, value: PlainObject): Promise<boolean>;
  replace(id: string, revision: number, value: PlainObject): Promise<boolean>;
  /** @param revision null for any */
  remove(id: string, revision: number | null): Promise<boolean>;
}

/** A collection over an adapter's rows. The one way in: no id, field or value comes to a query that was not looked at here. */
export class CheckedCollection<T extends object> implements Collection<T> {
  readonly #rows: Rows;
  readonly #fields: readonly string[];

  constructor({ indexes = [] }: CollectionSpec, rows: Rows) {
    this.#rows = rows;
    this.#fields = indexes.map(({ field }) => field);
  }

  async get(id: string): Promise<Stored<T> | null> {
    return (await this.#rows.get(checkedId(id))) as Stored<T> | null;
  }

  async find(where: Where, page: Page = {}): Promise<Stored<T>[]> {
    const { field, equals } = where;
    if (!this.#fields.includes(field)) refuse('Documents are found by an indexed field only.');
    return (await this.#rows.select({ where: { field, equals: checkedIndexed(equals) }, ...checkedPage(page) })) as Stored<T>[];
  }

  async list(page: Page = {}): Promise<Stored<T>[]> {
    return (await this.#rows.select({ where: null, ...checkedPage(page) })) as Stored<T>[];
  }

  async count(): Promise<number> {
    return this.#rows.count();
  }

  async insert(id: string, value: T): Promise<boolean> {
    return this.#rows.insert(checkedId(id), this.#checkedValue(value));
  }

  async replace(id: string, revision: number, value: T): Promise<boolean> {
    return this.#rows.replace(checkedId(id), checkedRevision(revision), this.#checkedValue(value));
  }

  async remove(id: string, revision?: number): Promise<boolean> {
    return this.#rows.remove(checkedId(id), revision === undefined ? null : checkedRevision(revision));
  }

  async update(id: string, change: (value: T) => T | null): Promise<Updated<T>> {
    let tried: Stored<T> | null = null;
    for (let attempt = 0; attempt < UPDATE_ATTEMPTS_MAX; attempt++) {
      const stored: Stored<T> | null = await this.get(id);
      if (!stored) return { outcome: 'missing', stored: null };
      // Nobody was faster: it was refused for what is unique.
      if (tried?.revision === stored.revision) return { outcome: 'taken', stored };
      // A copy: what the change does to it must not be in the next attempt's answer.
      const value = change(structuredClone(stored.value));
      if (value === null) return { outcome: 'unchanged', stored };
      const plain = this.#checkedValue(value);
      if (await this.#rows.replace(stored.id, stored.revision, plain)) {
        return { outcome: 'updated', stored: { id: stored.id, revision: stored.revision + 1, value: plain as T } };
      }
      tried = stored;
    }
    throw new DatalabError('store-away', 'Others wrote this document all the time.');
  }

  #checkedValue(value: unknown): PlainObject {
    const plain = plainValue(value);
    for (const field of this.#fields) if (Object.hasOwn(plain, field)) checkedIndexed(plain[field]);
    return plain;
  }
}

/** @throws DatalabError `internal`: specs are ours */
export function checkSpec({ name, indexes = [] }: CollectionSpec): void {
  const isSound = /^[a-z][a-zA-Z]{0,63}$/.test(name) && indexes.every(({ field }) => /^[a-zA-Z][a-zA-Z0-9]{0,63}$/.test(field));
  if (!isSound) throw new DatalabError('internal', `The collection ${name} or one of its fields has no possible name.`);
}

function checkedId(id: unknown): string {
  if (typeof id !== 'string' || id.length > ID_MAX_CHARS || !isWellFormed(id))
    refuse(`An id is a text of up to ${ID_MAX_CHARS} characters.`);
  return id;
}

function checkedRevision(revision: unknown): number {
  if (!Number.isSafeInteger(revision) || Number(revision) < 1) refuse('A revision is a whole number from 1.');
  return Number(revision);
}

function checkedIndexed(value: unknown): string | number {
  if (typeof value === 'string' && value.length <= INDEXED_MAX_CHARS && isWellFormed(value)) return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return refuse(`What documents are found by is a number or a text of up to ${INDEXED_MAX_CHARS} characters.`);
}

function checkedPage({ after, descending = false, limit = LIMIT_DEFAULT }: Page): Omit<Selection, 'where'> {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > LIMIT_MAX) refuse(`limit is a whole number from 1 to ${LIMIT_MAX}.`);
  if (typeof descending !== 'boolean') refuse('descending is true or false.');
  return { after: after === undefined ? null : checkedId(after), descending, limit };
}

function refuse(message: string): never {
  throw new DatalabError('query-invalid', message);
}
