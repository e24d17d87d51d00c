/** People: who there is, which roles they have in which app, who was invited. Passwords are userauth's. */
import type { FastifyInstance } from 'fastify';
import {
  ACCOUNT_CHANGE,
  INVITE,
  type Invite,
  ONE_TIME_LINK,
  type OneTimeLink,
  OWNER_CHANGE,
  ROLE_CHANGE,
  type RoleChange,
  SIGN_IN,
  USER,
  USER_LIST,
} from '../../../engine/protocol/account.ts';
import { APP_CREATE } from '../../../engine/protocol/administration.ts';
import { nameOf } from '../../access/guard.ts';
import { knownApp, requireNotDeleting } from '../known-app.ts';
import type { Service, ServiceDeps } from '../service.ts';
import { INVITATION_TTL_MS, Invitations } from './invitations.ts';
import { type NewUser, People } from './people.ts';

const { id } = USER.properties;
const { email } = SIGN_IN.properties;
const { name } = ACCOUNT_CHANGE.properties;
const app = APP_CREATE.properties.key;

const object = <P extends object, R extends keyof P & string>(properties: P, required: readonly R[]) =>
  ({ type: 'object', additionalProperties: false, required, properties }) as const;
const APP_QUERY = object({ app }, ['app']);
const ANY_APP_QUERY = object({ app }, []);
const NO_QUERY = object({}, []);
const USER_PARAMS = object({ user: id }, ['user']);
const INVITATION_PARAMS = object({ invitation: id }, ['invitation']);
const NEW_USER = object({ id, name, email, isOwner: { type: 'boolean' }, roles: USER.properties.roles, onlyFirst: { type: 'boolean' } }, [
  'name',
  'email',
  'isOwner',
  'roles',
]);

type OfApp = { Querystring: { app: string } };
type OfUser = { Params: { user: string } };
type OfInvitation = { Params: { invitation: string } };

const RESET_TTL_MS = 86_400_000;
const SWEEP_EVERY_MS = 86_400_000;

export const userService: Service = async (app, deps) => {
  const people = await People.open(deps.documents, deps.clock);
  const invitations = await Invitations.open(deps.documents, deps.clock);
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  publicRoutes(app, deps, people, invitations);
  internalRoutes(app, people, invitations);
  sweepDaily(app, deps, invitations);
};

function publicRoutes(server: FastifyInstance, { ask, publicUrl }: ServiceDeps, people: People, invitations: Invitations): void {
  /** Roles are given in apps that there are: what was left of a mistyped one would hold for whoever makes it later. */
  async function requireApp(key: string): Promise<void> {
    requireNotDeleting(await knownApp(ask, key));
  }

  /** The token stands behind #: browsers do not send it, so that it is in no log. */
  async function linkOf(about: object): Promise<OneTimeLink> {
    const { token, expiresMs } = await ask<{ token: string; expiresMs: number }>('userauth', 'POST', '/internal/userauth/links', {
      body: about,
    });
    return { link: `${publicUrl()}/link#${token}`, expiresMs };
  }

  // Without an app it is about all: the guard lets owners alone through.
  server.get<{ Querystring: { app?: string } }>(
    '/api/users',
    { config: { action: 'people.manage' }, schema: { querystring: ANY_APP_QUERY, response: { 200: USER_LIST } } },
    async ({ query }) => ({ users: await people.list(query.app), invitations: await invitations.list(query.app) }),
  );

  server.post<OfApp & { Body: Invite }>(
    '/api/users/invitations',
    {
      config: { action: 'people.manage', act: 'user.invite' },
      schema: { querystring: APP_QUERY, body: INVITE, response: { 200: ONE_TIME_LINK } },
    },
    async (request): Promise<OneTimeLink> => {
      const { body, query, asker } = request;
      request.actTarget = body.email;
      await requireApp(query.app);
      const known = await people.byEmail(body.email);
      if (known) {
        await people.setRole(known.id, query.app, body.role);
        return { link: '', expiresMs: 0 };
      }
      const invitedBy = asker.identity ? nameOf(asker.identity) : '';
      const invitation = await invitations.add(body.email, query.app, body.role, invitedBy);
      return linkOf({ kind: 'invitation', email: body.email, invitation: invitation.id, ttlMs: INVITATION_TTL_MS });
    },
  );

  server.delete<OfApp & OfInvitation>(
    '/api/users/invitations/:invitation',
    { config: { action: 'people.manage', act: 'user.uninvite' }, schema: { querystring: APP_QUERY, params: INVITATION_PARAMS } },
    async ({ params, query }, reply) => {
      await invitations.remove(params.invitation, query.app);
      return reply.code(204).send();
    },
  );

  server.put<OfApp & OfUser & { Body: RoleChange }>(
    '/api/users/:user/role',
    {
      config: { action: 'people.manage', act: 'user.role' },
      schema: { querystring: APP_QUERY, params: USER_PARAMS, body: ROLE_CHANGE, response: { 200: USER } },
    },
    async ({ params, query, body }) => {
      if (body.role !== null) await requireApp(query.app);
      const { roles, ...user } = await people.setRole(params.user, query.app, body.role);
      return { ...user, roles: body.role === null ? {} : { [query.app]: roles[query.app] } };
    },
  );

  server.put<OfUser & { Body: { isOwner: boolean } }>(
    '/api/users/:user/owner',
    {
      config: { action: 'users.manage', act: 'user.owner' },
      schema: { querystring: NO_QUERY, params: USER_PARAMS, body: OWNER_CHANGE, response: { 200: USER } },
    },
    ({ params, body }) => people.setOwner(params.user, body.isOwner),
  );

  server.post<OfUser>(
    '/api/users/:user/reset',
    {
      config: { action: 'users.manage', act: 'user.reset' },
      schema: { querystring: NO_QUERY, params: USER_PARAMS, response: { 200: ONE_TIME_LINK } },
    },
    async ({ params }) => {
      const { id: user, email: whose } = await people.get(params.user);
      return linkOf({ kind: 'reset', email: whose, user, ttlMs: RESET_TTL_MS });
    },
  );

  server.delete<OfUser>(
    '/api/users/:user',
    { config: { action: 'users.manage', act: 'user.remove' }, schema: { querystring: NO_QUERY, params: USER_PARAMS } },
    async ({ params: { user } }, reply) => {
      await people.remove(user, () => ask('userauth', 'POST', '/internal/userauth/forget-user', { body: { user } }));
      return reply.code(204).send();
    },
  );
}

function internalRoutes(server: FastifyInstance, people: People, invitations: Invitations): void {
  const config = { action: 'internal' } as const;

  server.get<OfUser>('/internal/user/users/:user', { config, schema: { params: USER_PARAMS, response: { 200: USER } } }, ({ params }) =>
    people.get(params.user),
  );

  server.put<OfUser & { Body: { name: string } }>(
    '/internal/user/users/:user',
    { config, schema: { params: USER_PARAMS, body: ACCOUNT_CHANGE, response: { 200: USER } } },
    ({ params, body }) => people.rename(params.user, body.name),
  );

  server.get<{ Querystring: { email: string } }>(
    '/internal/user/by-email',
    { config, schema: { querystring: object({ email }, ['email']) } },
    async ({ query }) => ({ user: await people.byEmail(query.email) }),
  );

  server.get('/internal/user/count', { config }, async () => ({ count: await people.count() }));

  server.post<{ Body: NewUser }>('/internal/user/users', { config, schema: { body: NEW_USER, response: { 200: USER } } }, ({ body }) =>
    people.create(body),
  );

  server.post<{ Body: { app: string } }>('/internal/user/forget-app', { config, schema: { body: APP_QUERY } }, async ({ body }, reply) => {
    await invitations.forgetApp(body.app);
    await people.forgetApp(body.app);
    return reply.code(204).send();
  });

  server.get<OfInvitation>('/internal/user/invitations/:invitation', { config, schema: { params: INVITATION_PARAMS } }, ({ params }) =>
    invitations.get(params.invitation),
  );

  // Somebody who has an account by now keeps it, and gets the role.
  server.post<OfInvitation & { Body: { id?: string; name: string } }>(
    '/internal/user/invitations/:invitation/take',
    { config, schema: { params: INVITATION_PARAMS, body: object({ id, name }, ['name']), response: { 200: USER } } },
    async ({ params, body }) => {
      const { email, app, role } = await invitations.take(params.invitation);
      try {
        return await people.create({ ...body, email, isOwner: false, roles: { [app]: role } });
      } catch (error) {
        const known = await people.byEmail(email);
        if (!known) throw error;
        return people.setRole(known.id, app, role);
      }
    },
  );
}

function sweepDaily(server: FastifyInstance, { clock }: ServiceDeps, invitations: Invitations): void {
  const sweep = () => {
    invitations.removeExpired().catch((error: unknown) => server.log.warn({ err: error }, 'expired invitations were not removed'));
    cancel = clock.after(SWEEP_EVERY_MS, sweep);
  };
  let cancel = clock.after(SWEEP_EVERY_MS, sweep);
  server.addHook('onClose', async () => cancel());
}
