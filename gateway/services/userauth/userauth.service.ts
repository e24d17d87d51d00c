/** Who somebody is: passwords, one-time codes, one-time links, sign-ins. */
import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DatalabError } from '../../../engine/errors/errors.ts';
import type { Identity } from '../../../engine/protocol/access.ts';
import { LINK_KINDS, type Me, type User } from '../../../engine/protocol/account.ts';
import type { Service, ServiceDeps } from '../service.ts';
import { accountRoutes } from './account.routes.ts';
import { Attempts } from './attempts.ts';
import { type Auth, refused, usersOf } from './auth.ts';
import { type Credential, Credentials } from './credentials.ts';
import { linkRoutes } from './link.routes.ts';
import { Links, type NewLink } from './links.ts';
import { OpenId } from './open-id.ts';
import { Passwords } from './passwords.ts';
import { signInRoutes } from './sign-in.routes.ts';
import { signInCookie, signInTokenOf } from './sign-in-cookie.ts';
import { SignIns } from './sign-ins.ts';

const SET_UP_TTL_MS = 7 * 86_400_000;
const ENTER_TTL_MS = 86_400_000;
const SWEEP_EVERY_MS = 3_600_000;
const BROWSER_MAX_CHARS = 200;

export const userauthService: Service = (server, deps) => addUserauth(server, deps, new Passwords());

/** The service. @param passwords how dear they are to compute */
export async function addUserauth(server: FastifyInstance, deps: ServiceDeps, passwords: Passwords): Promise<void> {
  const { documents, clock, ask, publicUrl } = deps;
  // Its functions work once it was registered somewhere in this process.
  if (!server.hasPlugin('@fastify/cookie')) await server.register(cookie);
  const credentials = await Credentials.open(documents);
  const signIns = await SignIns.open(documents, clock);
  const links = await Links.open(documents, clock);

  async function meOf({ id, name, email, isOwner, roles }: User): Promise<Me> {
    const { codes, password } = await credentials.get(id);
    return { id, name, email, isOwner, roles, hasCodes: codes !== undefined, hasPassword: password !== undefined };
  }

  async function enter(user: User, request: FastifyRequest, reply: FastifyReply, proven?: Credential): Promise<Me> {
    const { headers, asker } = request;
    const before = await signIns.find(signInTokenOf(headers.cookie, publicUrl()) ?? '');
    if (before) await signIns.end(before.id, before.value.user);
    const { id, token } = await signIns.start(user.id, (headers['user-agent'] ?? '').slice(0, BROWSER_MAX_CHARS), asker.address);
    // Whoever set another password, and ended all sign-ins, did not see this one if it was begun by the old one at the same time.
    if (proven && (await credentials.get(user.id)).passwordNo !== proven.passwordNo) {
      await signIns.end(id, user.id);
      throw refused();
    }
    reply.header('set-cookie', signInCookie(token, publicUrl()));
    return meOf(user);
  }

  const auth: Auth = {
    deps,
    passwords,
    credentials,
    signIns,
    links,
    attempts: new Attempts(clock),
    openId: deps.openId ? new OpenId(deps.openId, clock) : null,
    users: usersOf(ask),
    enter,
    meOf,
  };
  server.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  signInRoutes(server, auth);
  linkRoutes(server, auth);
  accountRoutes(server, auth);
  internalRoutes(server, auth);
  sweep(server, auth);
}

const text = (maxLength: number) => ({ type: 'string', maxLength }) as const;
const object = (properties: object, required: readonly string[]) => ({ type: 'object', additionalProperties: false, required, properties });

function internalRoutes(server: FastifyInstance, { signIns, links, credentials, users }: Auth): void {
  const config = { action: 'internal' } as const;

  server.post<{ Body: { token: string } }>(
    '/internal/userauth/verify',
    { config, schema: { body: object({ token: text(200) }, ['token']) } },
    async ({ body }): Promise<{ identity: Identity | null }> => {
      const signIn = await signIns.find(body.token);
      const user = signIn && (await users.get(signIn.value.user).catch(nobody));
      if (!user) return { identity: null };
      const { id, name, isOwner, roles } = user;
      return { identity: { kind: 'user', id, name, isOwner, roles, signIn: signIn.id } };
    },
  );

  server.post<{ Body: NewLink }>(
    '/internal/userauth/links',
    {
      config,
      schema: {
        body: object(
          {
            kind: { enum: LINK_KINDS },
            email: text(254),
            user: text(64),
            invitation: text(64),
            ttlMs: { type: 'integer', minimum: 1_000 },
          },
          ['kind', 'email', 'ttlMs'],
        ),
      },
    },
    ({ body }) => links.make(body),
  );

  server.post<{ Body: { user: string } }>(
    '/internal/userauth/forget-user',
    { config, schema: { body: object({ user: text(64) }, ['user']) } },
    async ({ body: { user } }) => {
      await signIns.endAll(user);
      await links.forgetUser(user);
      await credentials.remove(user);
      return {};
    },
  );

  server.post('/internal/userauth/set-up', { config }, async () => {
    if ((await users.count()) > 0) return { token: '' };
    const { token } = await links.make({ kind: 'set-up', email: '', ttlMs: SET_UP_TTL_MS });
    return { token };
  });

  server.post<{ Body: { name: string; email: string } }>(
    '/internal/userauth/enter',
    { config, schema: { body: object({ name: text(80), email: text(254) }, ['name', 'email']) } },
    async ({ body: { name, email } }) => {
      const known = await users.byEmail(email);
      if (!known && (await users.count()) > 0) throw new DatalabError('user-unknown', `There is no user ${email}.`);
      const user = known ?? (await users.create({ name, email, isOwner: true, roles: {}, onlyFirst: true }));
      const { token } = await links.make({ kind: 'enter', email, user: user.id, ttlMs: ENTER_TTL_MS });
      return { token };
    },
  );
}

function nobody(error: unknown): null {
  if (error instanceof DatalabError && error.code === 'user-unknown') return null;
  throw error;
}

function sweep(server: FastifyInstance, { deps: { clock }, signIns, links }: Auth): void {
  const run = () => {
    cancel = clock.after(SWEEP_EVERY_MS, run);
    Promise.all([signIns.removeExpired(), links.removeExpired()]).catch((error: unknown) =>
      server.log.warn({ err: error }, 'expired sign-ins and links were not removed'),
    );
  };
  let cancel = clock.after(SWEEP_EVERY_MS, run);
  server.addHook('onClose', async () => cancel());
}
