import type { Collection, Page, Stored, Where } from '../../engine/documents/documents.ts';

const PAGE = 1_000;

/** All documents of a collection, or all that are found, page by page in order of id. */
export async function* everyDocument<T extends object>(collection: Collection<T>, where?: Where): AsyncGenerator<Stored<T>> {
  let page: Page = { limit: PAGE };
  for (;;) {
    const found = where ? await collection.find(where, page) : await collection.list(page);
    yield* found;
    const last = found.at(-1);
    if (!last || found.length < PAGE) return;
    page = { limit: PAGE, after: last.id };
  }
}
