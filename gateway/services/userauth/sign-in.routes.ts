/** `/api/sign-in` and `/api/sign-out`. */
import type { FastifyInstance } from 'fastify';
import { DatalabError } from '../../../engine/errors/errors.ts';
import { ME, type Me, SIGN_IN, SIGN_IN_WAYS, SIGN_OUT, type SignIn, type User } from '../../../engine/protocol/account.ts';
import type { FromSchema } from '../../../engine/protocol/schema.ts';
import { type Auth, beginAttempt, refused, userOf } from './auth.ts';
import type { Credential } from './credentials.ts';
import { use } from './one-time-codes.ts';
import type { OpenIdPerson } from './open-id.ts';
import { signInCookie } from './sign-in-cookie.ts';

export function signInRoutes(server: FastifyInstance, auth: Auth): void {
  const { deps, passwords, credentials, users, openId, enter, signIns } = auth;
  const { clock, publicUrl } = deps;

  server.get('/api/sign-in', { config: { action: 'sign-in' }, schema: { response: { 200: SIGN_IN_WAYS } } }, async () => ({
    needsSetUp: (await users.count()) === 0,
    openId: openId?.name ?? '',
  }));

  server.post<{ Body: SignIn }>(
    '/api/sign-in',
    { config: { action: 'sign-in', act: 'sign-in' }, schema: { body: SIGN_IN, response: { 200: ME } } },
    async (request, reply): Promise<Me> => {
      const { email, password, code } = request.body;
      request.actTarget = email;
      const attempt = beginAttempt(auth, email, request, reply);
      let user: User | null;
      let isRight: boolean;
      let credential: Credential = {};
      try {
        user = await users.byEmail(email);
        if (user) credential = await credentials.get(user.id);
        // Computed for somebody unknown, too.
        isRight = await passwords.verify(password, credential.password);
      } catch (error) {
        attempt.undo();
        throw error;
      }
      if (!user || !isRight) throw refused();
      if (credential.codes) await requireCode(user, code, () => attempt.undo());
      attempt.succeeded();
      await rehash(user, password, credential.password);
      return enter(user, request, reply, credential);
    },
  );

  /** Each code is used once, also by two at the same time. */
  async function requireCode(user: User, code: string | undefined, undo: () => void): Promise<void> {
    if (code === undefined) {
      undo();
      throw new DatalabError('code-needed', 'This account asks for a one-time code.');
    }
    const isUsed = await credentials.change(user.id, (now) => {
      const codes = now.codes && use(now.codes, code, clock.nowMs());
      return codes ? { ...now, codes } : null;
    });
    if (!isUsed) throw new DatalabError('code-needed', 'This is not the code, or it was used before.');
  }

  async function rehash(user: User, password: string, hash: string | undefined): Promise<void> {
    if (hash === undefined || !passwords.isOutdated(hash)) return;
    const anew = await passwords.hash(password);
    await credentials.change(user.id, (now) => (now.password === hash ? { ...now, password: anew } : null));
  }

  server.post<{ Body: FromSchema<typeof SIGN_OUT> | undefined }>(
    '/api/sign-out',
    { config: { action: 'account', act: 'sign-out' }, schema: { body: SIGN_OUT } },
    async ({ asker, body }, reply) => {
      const { id, signIn } = userOf(asker);
      if (body?.everywhere) await signIns.endAll(id);
      else await signIns.end(signIn, id);
      reply.header('set-cookie', signInCookie('', publicUrl()));
      return {};
    },
  );

  if (!openId) return;

  server.get('/api/sign-in/openid', { config: { action: 'sign-in' } }, async (_request, reply) => {
    const { location, cookie } = await openId.begin(publicUrl());
    return reply.header('set-cookie', cookie).redirect(location);
  });

  server.get('/api/sign-in/openid/callback', { config: { action: 'sign-in', act: 'sign-in.openid' } }, async (request, reply) => {
    reply.header('set-cookie', openId.forget(publicUrl()));
    try {
      const person = await openId.end(publicUrl(), request.url, request.headers.cookie);
      request.actTarget = person.email;
      await enter(await userOfPerson(person), request, reply);
      return reply.redirect('/');
    } catch (error) {
      if (!(error instanceof DatalabError)) throw error;
      request.log.info({ err: error }, 'a sign-in by OpenID Connect was refused');
      return reply.redirect('/sign-in?refused=1');
    }
  });

  /** Nobody gets an account by this: who has one with that email is them, and from then on whoever the provider calls the same. */
  async function userOfPerson({ subject, email }: OpenIdPerson): Promise<User> {
    const user = await users.byEmail(email);
    if (!user) throw new DatalabError('sign-in-refused', `${email} has no account here: ask for an invitation.`);
    let known = '';
    await credentials.change(user.id, (now) => {
      known = now.openIdSubject ?? subject;
      return now.openIdSubject === undefined ? { ...now, openIdSubject: subject } : null;
    });
    if (known !== subject) throw new DatalabError('sign-in-refused', `${email} is somebody else at ${openId?.name} by now.`);
    return user;
  }
}
