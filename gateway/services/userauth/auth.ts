/** What the parts of this service share, and how it asks the service user. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DatalabError } from '../../../engine/errors/errors.ts';
import type { Identity } from '../../../engine/protocol/access.ts';
import type { Me, User } from '../../../engine/protocol/account.ts';
import type { Asker } from '../../access/sealed-identity.ts';
import type { Ask } from '../call.ts';
import type { ServiceDeps } from '../service.ts';
import type { Attempt, Attempts } from './attempts.ts';
import type { Credential, Credentials } from './credentials.ts';
import type { Links } from './links.ts';
import type { OpenId } from './open-id.ts';
import type { Passwords } from './passwords.ts';
import type { SignIns } from './sign-ins.ts';

/** What the routes of this service share. */
export type Auth = {
  readonly deps: ServiceDeps;
  readonly passwords: Passwords;
  readonly credentials: Credentials;
  readonly signIns: SignIns;
  readonly links: Links;
  readonly attempts: Attempts;
  readonly openId: OpenId | null;
  readonly users: Users;
  /**
   * Signs a browser in, in place of whoever was signed in there.
   * @param proven by what they proved who they are; its password must not have been replaced meanwhile
   * @throws DatalabError `sign-in-refused`
   */
  readonly enter: (user: User, request: FastifyRequest, reply: FastifyReply, proven?: Credential) => Promise<Me>;
  readonly meOf: (user: User) => Promise<Me>;
};

/** The service user, as this one asks it. */
export type Users = {
  readonly get: (id: string) => Promise<User>;
  readonly byEmail: (email: string) => Promise<User | null>;
  readonly count: () => Promise<number>;
  readonly create: (user: {
    id?: string;
    name: string;
    email: string;
    isOwner: boolean;
    roles: object;
    onlyFirst: boolean;
  }) => Promise<User>;
  readonly rename: (id: string, name: string) => Promise<User>;
  /** @param user whoever has no account yet gets this id */
  readonly takeInvitation: (id: string, user: { id: string; name: string }) => Promise<User>;
  /** @throws DatalabError `link-used` */ readonly invitation: (id: string) => Promise<unknown>;
};

export function usersOf(ask: Ask): Users {
  const at = (path: string, id: string) => `/internal/user/${path}/${encodeURIComponent(id)}`;
  const post = <T>(path: string, body: object) => ask<T>('user', 'POST', path, { body });
  return {
    get: (id) => ask<User>('user', 'GET', at('users', id)),
    byEmail: async (email) => {
      const { user } = await ask<{ user: User | null }>('user', 'GET', `/internal/user/by-email?email=${encodeURIComponent(email)}`);
      return user;
    },
    count: async () => (await ask<{ count: number }>('user', 'GET', '/internal/user/count')).count,
    create: (user) => post<User>('/internal/user/users', user),
    rename: (id, name) => ask<User>('user', 'PUT', at('users', id), { body: { name } }),
    takeInvitation: (id, user) => post<User>(`${at('invitations', id)}/take`, user),
    invitation: (id) => ask('user', 'GET', at('invitations', id)),
  };
}

/** The same for every reason, so that it says nothing about who has an account. */
export const refused = () => new DatalabError('sign-in-refused', 'Email and password do not belong together.');

/** Counts a try to prove who one is. @throws DatalabError `sign-in-limited`, with when to come again */
export function beginAttempt({ attempts }: Auth, email: string, { asker }: FastifyRequest, reply: FastifyReply): Attempt {
  const attempt = attempts.begin(email, asker.source);
  if (!('lockedForMs' in attempt)) return attempt;
  reply.header('retry-after', Math.ceil(attempt.lockedForMs / 1_000));
  throw new DatalabError('sign-in-limited', 'Too many tries failed: for this email, or from where you are.');
}

/** The user who asks. The guard has let nobody else through. */
export function userOf({ identity }: Asker): Extract<Identity, { kind: 'user' }> {
  if (identity?.kind !== 'user') throw new DatalabError('signed-out', 'You are not signed in.');
  return identity;
}
