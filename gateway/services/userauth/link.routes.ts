/** `/api/links`: one-time links are looked at, and used. */
import type { FastifyInstance } from 'fastify';
import { DatalabError } from '../../../engine/errors/errors.ts';
import { LINK, LINK_LOOK, LINK_USE, type LinkUse, ME, type Me, type User } from '../../../engine/protocol/account.ts';
import type { FromSchema } from '../../../engine/protocol/schema.ts';
import type { Auth } from './auth.ts';
import { linkUsed } from './links.ts';
import { requireStrong } from './strong-password.ts';

export function linkRoutes(server: FastifyInstance, auth: Auth): void {
  const { links, users, passwords, credentials, signIns, enter } = auth;

  server.post<{ Body: FromSchema<typeof LINK_LOOK> }>(
    '/api/links/look',
    { config: { action: 'sign-in' }, schema: { body: LINK_LOOK, response: { 200: LINK } } },
    async ({ body }) => {
      const link = await links.get(body.token);
      if (link.invitation !== undefined) await users.invitation(link.invitation);
      return link;
    },
  );

  server.post<{ Body: LinkUse }>(
    '/api/links/use',
    { config: { action: 'sign-in', act: 'link.use' }, schema: { body: LINK_USE, response: { 200: ME } } },
    async (request, reply): Promise<Me> => {
      const { token, ...given } = request.body;
      const link = await links.get(token);
      request.actTarget = `${link.kind} ${link.email || (given.email ?? '')}`.trim();
      const email = link.email || required('email', given.email);
      const password = link.kind === 'enter' ? undefined : required('password', given.password);
      const name = link.kind === 'set-up' || link.kind === 'invitation' ? required('name', given.name) : '';
      if (password !== undefined) requireStrong(password, email);
      const hash = password === undefined ? undefined : await passwords.hash(password);
      // From here on it is used: of many at the same time one goes on.
      await links.take(token);
      let user: User;
      try {
        user = await personOf(link, name, email);
      } catch (error) {
        if (error instanceof DatalabError && (error.code === 'service-away' || error.code === 'store-away'))
          await links.restore(token, link);
        throw error;
      }
      const { codes, password: before } = await credentials.get(user.id);
      if (link.kind === 'invitation' && before !== undefined)
        throw new DatalabError('user-exists', 'You have an account already, and the role: sign in with it.');
      if (hash !== undefined) await credentials.change(user.id, (now) => ({ ...now, password: hash }));
      if (link.kind === 'reset') {
        await signIns.endAll(user.id);
        if (codes) throw new DatalabError('code-needed', 'The password is set. Sign in with it, and with a one-time code.');
      }
      return enter(user, request, reply);
    },
  );

  function personOf(
    { kind, user, invitation }: { kind: string; user?: string; invitation?: string },
    name: string,
    email: string,
  ): Promise<User> {
    if (kind === 'set-up') return users.create({ name, email, isOwner: true, roles: {}, onlyFirst: true });
    if (kind === 'invitation' && invitation !== undefined) return users.takeInvitation(invitation, name);
    return user === undefined ? linkUsed() : users.get(user);
  }
}

function required(field: string, value: string | undefined): string {
  if (value === undefined) throw new DatalabError('query-invalid', `${field} is missing.`);
  return value;
}
