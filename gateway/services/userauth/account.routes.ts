/** `/api/account`: what people change of their own account. */
import type { FastifyInstance } from 'fastify';
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
import type { Asker } from '../../access/sealed-identity.ts';
import { type Auth, userOf } from './auth.ts';
import { newRecoveryCodes, newSecret, stepOf, uriOf } from './one-time-codes.ts';
import { requireStrong } from './strong-password.ts';

const SIGN_IN_PARAMS = {
  type: 'object',
  required: ['signIn'],
  additionalProperties: false,
  properties: { signIn: { type: 'string', pattern: ID_PATTERN } },
} as const;

export function accountRoutes(server: FastifyInstance, { deps, users, passwords, credentials, signIns, attempts, meOf }: Auth): void {
  const { clock } = deps;
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
    async ({ asker, body }) => {
      const { id, signIn } = userOf(asker);
      const user = await users.get(id);
      await requirePassword(user, body.old, asker);
      requireStrong(body.password, user.email);
      const password = await passwords.hash(body.password);
      await credentials.change(id, (now) => ({ ...now, password }));
      await signIns.endAll(id, signIn);
      return {};
    },
  );

  /** Whoever sits at a browser that was left open does not know it. Guessing is limited as at the sign-in. */
  async function requirePassword(user: User, password: string, { source }: Asker): Promise<void> {
    const attempt = attempts.begin(user.email.toLowerCase(), source);
    if ('lockedForMs' in attempt) throw new DatalabError('sign-in-limited', 'The password was wrong too often.');
    const { password: hash } = await credentials.get(user.id);
    if (!(await passwords.verify(password, hash))) throw new DatalabError('sign-in-refused', 'This is not your password.');
    attempt.succeeded();
  }

  server.post(
    '/api/account/codes',
    { config: { action, act: 'account.codes-begin' }, schema: { response: { 200: CODES_BEGUN } } },
    async ({ asker }) => {
      const { email, id } = await users.get(userOf(asker).id);
      const secret = newSecret();
      await credentials.change(id, (now) => ({ ...now, begunCodes: secret }));
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
    async ({ asker, body }) => {
      const user = await users.get(userOf(asker).id);
      await requirePassword(user, body.password, asker);
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
