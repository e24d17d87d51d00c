/**
 * The port to what the services keep (apps, users, passwords, tracker configuration, tokens): a few thousand small documents each.
 * Two adapters, one contract suite. Every method rejects with a DatalabError: `query-invalid` for an argument that is none, whatever
 * its type says; `store-away` when the store does not answer.
 */

/** A document as it is stored. `revision` counts its writes from 1. */
export type Stored<T> = { readonly id: string; readonly revision: number; readonly value: T };

export type CollectionSpec = {
  /** Letters, small first; never another one's in other capitals: SQLite does not tell them apart. */ readonly name: string;
  /**
   * Fields by which documents are found: a letter, then letters and digits. Each holds a string of at most 1,024 characters or a
   * number; a document without it is not found by it, and takes nothing that is unique.
   */
  readonly indexes?: readonly { readonly field: string; readonly unique?: boolean }[];
};

/** Documents in order of id (code points). Ids that are UUIDv7 are in order of time. */
export type Page = {
  /** The last id of the page before. */ readonly after?: string;
  /** Default false. */ readonly descending?: boolean;
  /** 1 to 1,000; default 100. */ readonly limit?: number;
};

/** `field` is one of the collection's indexes. */
export type Where = { readonly field: string; readonly equals: string | number };

/**
 * What became of an update: `updated`; `unchanged`, since the change gave null; `missing`, there is none with this id; `taken`, another
 * document has what is unique. `stored` is the document as it is now.
 */
export type Updated<T> =
  | { readonly outcome: 'updated' | 'unchanged' | 'taken'; readonly stored: Stored<T> }
  | { readonly outcome: 'missing'; readonly stored: null };

/**
 * Ids are any well-formed text of up to 256 characters. Values are plain JSON objects of up to 1 MiB, 50 deep; what is undefined is
 * not kept, nor is a key `__proto__`. What is read is the caller's own copy.
 *
 * A write that rejects with `store-away` was not acknowledged: it may have been done all the same. A document that is removed and
 * inserted again begins at revision 1 again: ids that are used twice want a look at the value before it is replaced.
 */
export interface Collection<T extends object> {
  get(id: string): Promise<Stored<T> | null>;
  find(where: Where, page?: Page): Promise<Stored<T>[]>;
  list(page?: Page): Promise<Stored<T>[]>;
  count(): Promise<number>;
  /** @returns false, with nothing written, if there is one with this id or with what is unique */
  insert(id: string, value: T): Promise<boolean>;
  /** @returns false, with nothing written, if it has another revision by now, or another document has what is unique */
  replace(id: string, revision: number, value: T): Promise<boolean>;
  /** @param change gets the value as it is and gives the new one, or null to leave it; asked again when another write was faster */
  update(id: string, change: (value: T) => T | null): Promise<Updated<T>>;
  /** @returns false if there is none, or, when a revision is named, if it has another by now */
  remove(id: string, revision?: number): Promise<boolean>;
}

export interface Documents {
  /**
   * Makes the collection and its indexes where they are missing.
   * @throws DatalabError `setting-invalid` if an index cannot be made over what is there
   */
  collection<T extends object>(spec: CollectionSpec): Promise<Collection<T>>;
  close(): Promise<void>;
}
