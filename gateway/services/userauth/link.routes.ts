/** `/api/links`: one-time links are looked at, and used. */
import type { FastifyInstance } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import { DatalabError } from '../../../engine/errors/errors.ts';
import { LINK, LINK_LOOK, LINK_USE, type LinkUse, ME, type Me, type User } from '../../../engine/protocol/account.ts';
import type { FromSchema } from '../../../engine/protocol/schema.ts';
import type { Auth } from './auth.ts';
import { type LinkDocument, linkUsed } from './links.ts';
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
      const user = await personOf(link, { name, email, hash }).catch(async (error: unknown) => {
        if (isPassing(error)) await links.restore(token, link);
        throw error;
      });
      if (link.kind === 'reset') {
        if (hash !== undefined) await credentials.setPassword(user.id, hash);
        await signIns.endAll(user.id);
        const { codes } = await credentials.get(user.id);
        if (codes) throw new DatalabError('code-needed', 'The password is set. Sign in with it, and with a one-time code.');
      }
      return enter(user, request, reply);
    },
  );

  function personOf(
    { kind, user, invitation }: LinkDocument,
    { name, email, hash }: { name: string; email: string; hash?: string | undefined },
  ) {
    if (kind === 'set-up') return newcomer(hash, (id) => users.create({ id, name, email, isOwner: true, roles: {}, onlyFirst: true }));
    if (kind === 'invitation' && invitation !== undefined) return newcomer(hash, (id) => users.takeInvitation(invitation, { id, name }));
    return user === undefined ? linkUsed() : users.get(user);
  }

  /** The password comes before the account: whoever has one can sign in, whatever fails between the two. */
  async function newcomer(hash: string | undefined, make: (id: string) => Promise<User>): Promise<User> {
    const id = uuidv7();
    await credentials.setPassword(id, required('password', hash));
    try {
      const user = await make(id);
      if (user.id === id) return user;
      throw new DatalabError('user-exists', 'You have an account already, and the role: sign in with it.');
    } catch (error) {
      // An answer that did not come may have been a yes.
      if (!isPassing(error)) await credentials.remove(id);
      throw error;
    }
  }
}

const PASSING: ReadonlySet<string> = new Set(['service-away', 'store-away', 'changed-meanwhile']);
/** What could not be done now, and may be done later. */
const isPassing = (error: unknown): boolean => error instanceof DatalabError && PASSING.has(error.code);

function required(field: string, value: string | undefined): string {
  if (value === undefined) throw new DatalabError('query-invalid', `${field} is missing.`);
  return value;
}
