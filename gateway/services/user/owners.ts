import type { Clock } from '../../../engine/clock/clock.ts';
import type { Collection, Documents } from '../../../engine/documents/documents.ts';
import { DatalabError } from '../../../engine/errors/errors.ts';

type OwnersDocument = { readonly ids: readonly string[] /** When it was written last, epoch ms. */; readonly atMs: number };

const ID = 'owners';
/** An owner is written here before there is the user: a process that died between the two is not waited for longer. */
const MAKING_MAX_MS = 30_000;
const ATTEMPTS_MAX = 20;

/**
 * Who owns the installation: one document, so that two owners who take it from each other at the same time cannot both succeed, and only one
 * of many set-ups is the first. Ids of users that there are not (any more) may stand in it; they count for nothing.
 */
export class Owners {
  readonly #documents: Collection<OwnersDocument>;
  readonly #clock: Clock;
  readonly #isUser: (id: string) => Promise<boolean>;

  private constructor(documents: Collection<OwnersDocument>, clock: Clock, isUser: (id: string) => Promise<boolean>) {
    this.#documents = documents;
    this.#clock = clock;
    this.#isUser = isUser;
  }

  static async open(documents: Documents, clock: Clock, isUser: (id: string) => Promise<boolean>): Promise<Owners> {
    return new Owners(await documents.collection<OwnersDocument>({ name: 'owners' }), clock, isUser);
  }

  async ids(): Promise<ReadonlySet<string>> {
    return new Set((await this.#documents.get(ID))?.value.ids);
  }

  async add(id: string): Promise<void> {
    if (await this.#documents.insert(ID, this.#documentOf([id]))) return;
    await this.#documents.update(ID, ({ ids }) => (ids.includes(id) ? null : this.#documentOf([...ids, id])));
  }

  /** @returns false, with nothing written, if there is an owner, or one is being made */
  async addFirst(id: string): Promise<boolean> {
    if (await this.#documents.insert(ID, this.#documentOf([id]))) return true;
    const stored = await this.#documents.get(ID);
    if (!stored || this.#clock.nowMs() - stored.value.atMs < MAKING_MAX_MS || (await this.#anyIsUser(stored.value.ids))) return false;
    return this.#documents.replace(ID, stored.revision, this.#documentOf([id]));
  }

  /** @throws DatalabError `owner-last` if there is no other */
  async remove(id: string): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const stored = await this.#documents.get(ID);
      if (!stored?.value.ids.includes(id)) return;
      const others = stored.value.ids.filter((each) => each !== id);
      if (!(await this.#anyIsUser(others))) throw new DatalabError('owner-last', 'Somebody has to own this installation.');
      if (await this.#documents.replace(ID, stored.revision, this.#documentOf(others))) return;
    }
    throw new DatalabError('changed-meanwhile', 'Others changed who the owners are at the same time.');
  }

  /** Takes back what `add` or `addFirst` wrote for a user who was then not made. */
  async takeBack(id: string): Promise<void> {
    await this.#documents.update(ID, ({ ids }) => ({ ids: ids.filter((each) => each !== id), atMs: 0 }));
  }

  #documentOf(ids: readonly string[]): OwnersDocument {
    return { ids, atMs: this.#clock.nowMs() };
  }

  async #anyIsUser(ids: readonly string[]): Promise<boolean> {
    for (const id of ids) if (await this.#isUser(id)) return true;
    return false;
  }
}
