/** `/api/account`: what people change of their own account. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DatalabError } from '../../../engine/errors/errors.ts';
import {
  ACCOUNT_CHANGE,
  CODES_BEGUN,
  CODES_CONFIRM,
  CODES_REMOVE,
  ME,
  PASSWORD_CHANGE,
  RECOVERY_CODES,
  SIGN_INS,
  type SignIns,
  type User,
} from '../../../engine/protocol/account.ts';
import { ID_PATTERN } from '../../../engine/protocol/hello.ts';
import type { FromSchema } from '../../../engine/protocol/schema.ts';
import { type Auth, beginAttempt, userOf } from './auth.ts';
import { newRecoveryCodes, newSecret, stepOf, uriOf } from './one-time-codes.ts';
import { requireStrong } from './strong-password.ts';

const SIGN_IN_PARAMS = {
  type: 'object',
  required: ['signIn'],
  additionalProperties: false,
  properties: { signIn: { type: 'string', pattern: ID_PATTERN } },
} as const;

export function accountRoutes(server: FastifyInstance, auth: Auth): void {
  const { users, passwords, credentials, signIns, links, meOf } = auth;
  const { clock } = auth.deps;
  const action = 'account';

  server.get('/api/account', { config: { action }, schema: { response: { 200: ME } } }, async ({ asker }) =>
    meOf(await users.get(userOf(asker).id)),
  );

  server.put<{ Body: FromSchema<typeof ACCOUNT_CHANGE> }>(
    '/api/account',
    { config: { action, act: 'account.change' }, schema: { body: ACCOUNT_CHANGE, response: { 200: ME } } },
    async ({ asker, body }) => meOf(await users.rename(userOf(asker).id, body.name)),
  );

  server.put<{ Body: FromSchema<typeof PASSWORD_CHANGE> }>(
    '/api/account/password',
    { config: { action, act: 'account.password' }, schema: { body: PASSWORD_CHANGE } },
    async (request, reply) => {
      const { asker, body } = request;
      const { id, signIn } = userOf(asker);
      const user = await users.get(id);
      const old = await requirePassword(user, body.old, request, reply);
      requireStrong(body.password, user.email);
      const isSet = await credentials.setPassword(id, await passwords.hash(body.password), old);
      if (!isSet) throw new DatalabError('changed-meanwhile', 'This password was changed from elsewhere at the same time.');
      await signIns.endAll(id, signIn);
      // Whoever made themselves a link to set it comes too late.
      await links.forgetUser(id);
      return {};
    },
  );

  /**
   * Whoever sits at a browser that was left open does not know it. Guessing is limited as at the sign-in.
   * @returns its hash
   */
  async function requirePassword({ id, email }: User, password: string, request: FastifyRequest, reply: FastifyReply): Promise<string> {
    const attempt = beginAttempt(auth, email, request, reply);
    const { password: hash } = await credentials.get(id);
    const isRight = await passwords.verify(password, hash).catch((error: unknown) => {
      attempt.undo();
      throw error;
    });
    if (hash === undefined || !isRight) throw new DatalabError('sign-in-refused', 'This is not your password.');
    attempt.succeeded();
    return hash;
  }

  server.post(
    '/api/account/codes',
    { config: { action, act: 'account.codes-begin' }, schema: { response: { 200: CODES_BEGUN } } },
    async ({ asker }) => {
      const { email, id } = await users.get(userOf(asker).id);
      const secret = newSecret();
      // Else they would be replaced by whoever sits at a browser that was left open: to remove them takes the password.
      const isBegun = await credentials.change(id, (now) => (now.codes ? null : { ...now, begunCodes: secret }));
      if (!isBegun) throw new DatalabError('changed-meanwhile', 'One-time codes are on already: remove those first.');
      return { secret, uri: uriOf(secret, email) };
    },
  );

  server.put<{ Body: FromSchema<typeof CODES_CONFIRM> }>(
    '/api/account/codes',
    { config: { action, act: 'account.codes' }, schema: { body: CODES_CONFIRM, response: { 200: RECOVERY_CODES } } },
    async ({ asker, body }) => {
      const { shown, hashes } = newRecoveryCodes();
      const isOn = await credentials.change(userOf(asker).id, ({ begunCodes, ...now }) => {
        const step = begunCodes === undefined ? null : stepOf(begunCodes, body.code, clock.nowMs());
        return begunCodes === undefined || step === null
          ? null
          : { ...now, codes: { secret: begunCodes, lastStep: step, recovery: hashes } };
      });
      if (!isOn) throw new DatalabError('query-invalid', 'This is not the code that the authenticator shows now.');
      return { recoveryCodes: shown };
    },
  );

  server.post<{ Body: FromSchema<typeof CODES_REMOVE> }>(
    '/api/account/codes/remove',
    { config: { action, act: 'account.codes-remove' }, schema: { body: CODES_REMOVE } },
    async (request, reply) => {
      const user = await users.get(userOf(request.asker).id);
      await requirePassword(user, request.body.password, request, reply);
      await credentials.change(user.id, ({ codes: _1, begunCodes: _2, ...now }) => now);
      return {};
    },
  );

  server.get(
    '/api/account/sign-ins',
    { config: { action }, schema: { response: { 200: SIGN_INS } } },
    async ({ asker }): Promise<SignIns> => {
      const { id: user, signIn } = userOf(asker);
      const listed = (await signIns.list(user)).map(({ id, value: { startedMs, lastUsedMs, browser, from } }) => {
        return { id, startedMs, lastUsedMs, browser, from, isThis: id === signIn };
      });
      return { signIns: listed.sort((a, b) => b.lastUsedMs - a.lastUsedMs || b.startedMs - a.startedMs) };
    },
  );

  server.post<{ Params: FromSchema<typeof SIGN_IN_PARAMS> }>(
    '/api/account/sign-ins/:signIn/end',
    { config: { action, act: 'account.sign-in-end' }, schema: { params: SIGN_IN_PARAMS } },
    async ({ asker, params }) => {
      if (!(await signIns.end(params.signIn, userOf(asker).id))) throw new DatalabError('not-found', 'There is no such sign-in any more.');
      return {};
    },
  );
}
