import type { Collection, Documents } from '../../../engine/documents/documents.ts';
import { DatalabError } from '../../../engine/errors/errors.ts';
import type { Codes } from './one-time-codes.ts';

/** By what a user proves who they are. */
export type Credential = {
  /** Hash. */ readonly password?: string;
  /** Counts the passwords that were set; a hash that is made anew of the same one is not another. */ readonly passwordNo?: number;
  /** On, if there. */ readonly codes?: Codes;
  /** Secret of codes that were begun, and not confirmed yet. */ readonly begunCodes?: string;
  /** Who they are at the OpenID Connect provider, since they first signed in by it. */ readonly openIdSubject?: string;
};

const ATTEMPTS_MAX = 5;

/** By user. */
export class Credentials {
  readonly #documents: Collection<Credential>;

  private constructor(documents: Collection<Credential>) {
    this.#documents = documents;
  }

  static async open(documents: Documents): Promise<Credentials> {
    return new Credentials(await documents.collection<Credential>({ name: 'credentials' }));
  }

  /** Empty for a user without any. */
  async get(user: string): Promise<Credential> {
    return (await this.#documents.get(user))?.value ?? {};
  }

  /** @param change gives null to leave it as it is @returns true if it was changed */
  async change(user: string, change: (credential: Credential) => Credential | null): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const { outcome } = await this.#documents.update(user, change);
      if (outcome !== 'missing') return outcome === 'updated';
      const first = change({});
      if (first === null) return false;
      if (await this.#documents.insert(user, first)) return true;
    }
    throw new DatalabError('changed-meanwhile', 'This account is changed from elsewhere at the same time.');
  }

  /** @param instead hash that is replaced, and no other @returns false, with nothing written, if it was another by now */
  setPassword(user: string, hash: string, instead?: string): Promise<boolean> {
    return this.change(user, (now) => {
      if (instead !== undefined && now.password !== instead) return null;
      return { ...now, password: hash, passwordNo: (now.passwordNo ?? 0) + 1 };
    });
  }

  async remove(user: string): Promise<void> {
    await this.#documents.remove(user);
  }
}
