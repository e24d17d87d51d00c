import { v7 as uuidv7 } from 'uuid';
import type { Clock } from '../../../engine/clock/clock.ts';
import type { Collection, Documents, Stored } from '../../../engine/documents/documents.ts';
import { DatalabError } from '../../../engine/errors/errors.ts';
import type { Role, Roles } from '../../../engine/protocol/access.ts';
import type { User } from '../../../engine/protocol/account.ts';
import { emailKeyOf } from '../email-key.ts';
import { everyDocument } from '../every-document.ts';
import { Owners } from './owners.ts';

type UserDocument = {
  readonly name: string;
  readonly email: string;
  /** By which it is found. */ readonly emailKey: string;
  readonly roles: Roles;
  readonly createdMs: number;
};

export type NewUser = {
  /** Made if absent. */ readonly id?: string;
  readonly name: string;
  readonly email: string;
  readonly isOwner: boolean;
  readonly roles: Roles;
  /** Only if nobody is there yet. */ readonly onlyFirst?: boolean;
};

/** Who there is, and their roles. */
export class People {
  readonly #users: Collection<UserDocument>;
  readonly #owners: Owners;
  readonly #clock: Clock;

  private constructor(users: Collection<UserDocument>, owners: Owners, clock: Clock) {
    this.#users = users;
    this.#owners = owners;
    this.#clock = clock;
  }

  static async open(documents: Documents, clock: Clock): Promise<People> {
    const users = await documents.collection<UserDocument>({ name: 'users', indexes: [{ field: 'emailKey', unique: true }] });
    return new People(users, await Owners.open(documents, clock, async (id) => (await users.get(id)) !== null), clock);
  }

  count(): Promise<number> {
    return this.#users.count();
  }

  /** @throws DatalabError `user-unknown` */
  async get(id: string): Promise<User> {
    return this.#asUser((await this.#users.get(id)) ?? unknown());
  }

  async byEmail(email: string): Promise<User | null> {
    const [found] = await this.#users.find({ field: 'emailKey', equals: emailKeyOf(email) });
    return found ? this.#asUser(found) : null;
  }

  /** @param app only who has a role in it, with that role alone: what they are elsewhere is not for its admins */
  async list(app?: string): Promise<User[]> {
    const owners = await this.#owners.ids();
    const users: User[] = [];
    for await (const stored of everyDocument(this.#users)) {
      const role = app === undefined ? undefined : roleIn(stored.value.roles, app);
      if (app === undefined) users.push(asUser(stored, owners));
      else if (role) users.push({ ...asUser(stored, owners), roles: { [app]: role } });
    }
    return users;
  }

  /** @throws DatalabError `user-exists` if there is one with this email, or, with `onlyFirst`, any; `changed-meanwhile` while the first is made */
  async create({ id = uuidv7(), name, email, isOwner, roles, onlyFirst = false }: NewUser): Promise<User> {
    if (onlyFirst && (await this.count()) > 0) throw new DatalabError('user-exists', 'Somebody has an account already.');
    if (isOwner && onlyFirst && !(await this.#owners.addFirst(id))) {
      if ((await this.count()) > 0) throw new DatalabError('user-exists', 'Somebody has an account already.');
      throw new DatalabError('changed-meanwhile', 'Somebody is making the first account just now: try again in a minute.');
    }
    if (isOwner && !onlyFirst) await this.#owners.add(id);
    const document = { name, email, emailKey: emailKeyOf(email), roles, createdMs: this.#clock.nowMs() };
    if (await this.#users.insert(id, document)) return this.get(id);
    if (isOwner) await this.#owners.takeBack(id);
    throw new DatalabError('user-exists', `${email} has an account already.`);
  }

  /** @throws DatalabError `user-unknown` */
  async rename(id: string, name: string): Promise<User> {
    return this.#change(id, (user) => ({ ...user, name }));
  }

  /** @param role null takes it away @throws DatalabError `user-unknown` */
  async setRole(id: string, app: string, role: Role | null): Promise<User> {
    return this.#change(id, (user) => {
      const others = Object.entries(user.roles).filter(([each]) => each !== app);
      return { ...user, roles: Object.fromEntries(role ? [...others, [app, role]] : others) };
    });
  }

  /** @throws DatalabError `user-unknown`; `owner-last` if nobody else is one */
  async setOwner(id: string, isOwner: boolean): Promise<User> {
    await this.get(id);
    await (isOwner ? this.#owners.add(id) : this.#owners.remove(id));
    return this.get(id);
  }

  /**
   * Removes a user; what else there is of them goes first, so that nothing is left if that fails.
   * @throws DatalabError `user-unknown`; `owner-last` if nobody else is one
   */
  async remove(id: string, forget: () => Promise<unknown>): Promise<void> {
    await this.get(id);
    await this.#owners.remove(id);
    await forget();
    await this.#users.remove(id);
  }

  /** Takes all roles in an app away. */
  async forgetApp(app: string): Promise<void> {
    for await (const { id, value } of everyDocument(this.#users)) {
      if (roleIn(value.roles, app)) await this.setRole(id, app, null).catch(ignoreUnknown);
    }
  }

  async #change(id: string, change: (user: UserDocument) => UserDocument): Promise<User> {
    const { stored } = await this.#users.update(id, change);
    return this.#asUser(stored ?? unknown());
  }

  async #asUser(stored: Stored<UserDocument>): Promise<User> {
    return asUser(stored, await this.#owners.ids());
  }
}

function asUser({ id, value }: Stored<UserDocument>, owners: ReadonlySet<string>): User {
  const { name, email, roles, createdMs } = value;
  return { id, name, email, isOwner: owners.has(id), roles: { ...roles }, createdMs };
}

function roleIn(roles: Roles, app: string): Role | undefined {
  return Object.hasOwn(roles, app) ? roles[app] : undefined;
}

function unknown(): never {
  throw new DatalabError('user-unknown', 'There is no such user, or not any more.');
}

/** Removed meanwhile: nothing is left to be changed. */
function ignoreUnknown(error: unknown): void {
  if (!(error instanceof DatalabError && error.code === 'user-unknown')) throw error;
}
