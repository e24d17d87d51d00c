/** What people ask of their accounts, and owners and admins of other people's. Times are epoch ms. */
import { ROLES } from './access.ts';
import type { FromSchema } from './schema.ts';

const text = { type: 'string' } as const;
const ms = { type: 'integer', minimum: 0 } as const;
const id = { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' } as const;
export const PASSWORD_MIN_CHARS = 10;
const name = { type: 'string', minLength: 1, maxLength: 80 } as const;
const email = { type: 'string', maxLength: 254, pattern: '^[^@\\s]{1,64}@[^@\\s]{1,189}$' } as const;
const newPassword = { type: 'string', minLength: PASSWORD_MIN_CHARS, maxLength: 256 } as const;
const password = { type: 'string', minLength: 1, maxLength: 256 } as const;
const code = { type: 'string', pattern: '^[A-Za-z0-9 -]{6,24}$', description: 'one-time code, or a recovery code' } as const;
const role = { enum: ROLES } as const;
const rolesByApp = { type: 'object', additionalProperties: role, description: 'app → role' } as const;

/** `GET /api/sign-in`: how one signs in here. */
export const SIGN_IN_WAYS = {
  type: 'object',
  required: ['needsSetUp', 'openId'],
  properties: {
    needsSetUp: {
      type: 'boolean',
      description: 'nobody has an account yet: the set-up address that the first start printed makes the first',
    },
    openId: { ...text, description: 'name of the OpenID Connect provider, or empty' },
  },
} as const;
export type SignInWays = FromSchema<typeof SIGN_IN_WAYS>;

/** Body of `POST /api/sign-in`. Answers ME with a cookie. Refused: `sign-in-refused`, `code-needed`, `sign-in-limited`. */
export const SIGN_IN = {
  type: 'object',
  required: ['email', 'password'],
  additionalProperties: false,
  properties: { email, password, code },
} as const;
export type SignIn = FromSchema<typeof SIGN_IN>;

/** `GET /api/account`; 401 `signed-out`. */
export const ME = {
  type: 'object',
  required: ['id', 'name', 'email', 'isOwner', 'roles', 'hasCodes', 'hasPassword'],
  properties: {
    id,
    name: text,
    email: text,
    isOwner: { type: 'boolean' },
    roles: rolesByApp,
    hasCodes: { type: 'boolean', description: 'one-time codes are asked for at sign-in' },
    hasPassword: { type: 'boolean' },
  },
} as const;
export type Me = FromSchema<typeof ME>;

/** Kinds of one-time links: all are used once, and expire. */
export const LINK_KINDS = ['set-up', 'invitation', 'reset', 'enter'] as const;

const token = { type: 'string', pattern: '^[A-Za-z0-9_-]{43}$' } as const;

/** Body of `POST /api/links/look`: what a link is for. Answers LINK; 410 `link-used` when it is used, expired or unknown. */
export const LINK_LOOK = { type: 'object', required: ['token'], additionalProperties: false, properties: { token } } as const;
export const LINK = {
  type: 'object',
  required: ['kind', 'email', 'expiresMs'],
  properties: { kind: { enum: LINK_KINDS }, email: { ...text, description: 'whose it is; empty for a set-up' }, expiresMs: ms },
} as const;
export type Link = FromSchema<typeof LINK>;

/**
 * Body of `POST /api/links/use`. A set-up needs name, email and password; an invitation name and password; a reset password; `enter`
 * nothing. Answers ME with a cookie.
 */
export const LINK_USE = {
  type: 'object',
  required: ['token'],
  additionalProperties: false,
  properties: { token, name, email, password: newPassword },
} as const;
export type LinkUse = FromSchema<typeof LINK_USE>;

/** Body of `POST /api/sign-out`. */
export const SIGN_OUT = {
  type: 'object',
  additionalProperties: false,
  properties: { everywhere: { type: 'boolean', default: false } },
} as const;

/** Body of `PUT /api/account`. */
export const ACCOUNT_CHANGE = { type: 'object', required: ['name'], additionalProperties: false, properties: { name } } as const;
/** Body of `PUT /api/account/password`. All other sign-ins end. */
export const PASSWORD_CHANGE = {
  type: 'object',
  required: ['old', 'password'],
  additionalProperties: false,
  properties: { old: password, password: newPassword },
} as const;

/** Answer to `POST /api/account/codes`: begins one-time codes; they are on once a code was confirmed. */
export const CODES_BEGUN = {
  type: 'object',
  required: ['secret', 'uri'],
  properties: { secret: { ...text, description: 'base32' }, uri: { ...text, description: 'otpauth:// for an authenticator' } },
} as const;
export type CodesBegun = FromSchema<typeof CODES_BEGUN>;
/** Body of `PUT /api/account/codes`; answers RECOVERY_CODES, shown once. */
export const CODES_CONFIRM = { type: 'object', required: ['code'], additionalProperties: false, properties: { code } } as const;
export const RECOVERY_CODES = {
  type: 'object',
  required: ['recoveryCodes'],
  properties: { recoveryCodes: { type: 'array', items: text } },
} as const;
export type RecoveryCodes = FromSchema<typeof RECOVERY_CODES>;
/** Body of `DELETE /api/account/codes` (sent as POST to `/api/account/codes/remove`, since it has a body). */
export const CODES_REMOVE = { type: 'object', required: ['password'], additionalProperties: false, properties: { password } } as const;

/** `GET /api/account/sign-ins`: where one is signed in; `POST /api/account/sign-ins/:id/end`. */
export const SIGN_INS = {
  type: 'object',
  required: ['signIns'],
  properties: {
    signIns: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'startedMs', 'lastUsedMs', 'browser', 'from', 'isThis'],
        properties: {
          id,
          startedMs: ms,
          lastUsedMs: ms,
          browser: text,
          from: { ...text, description: 'masked address' },
          isThis: { type: 'boolean' },
        },
      },
    },
  },
} as const;
export type SignIns = FromSchema<typeof SIGN_INS>;

/** One user as others see them. */
export const USER = {
  type: 'object',
  required: ['id', 'name', 'email', 'isOwner', 'roles', 'createdMs'],
  properties: { id, name: text, email: text, isOwner: { type: 'boolean' }, roles: rolesByApp, createdMs: ms },
} as const;
export type User = FromSchema<typeof USER>;

/** `GET /api/users?app=`: people with a role in the app; without `app` (owners) everybody. With the invitations that are open. */
export const USER_LIST = {
  type: 'object',
  required: ['users', 'invitations'],
  properties: {
    users: { type: 'array', items: USER },
    invitations: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'email', 'app', 'role', 'invitedBy', 'createdMs', 'expiresMs'],
        properties: { id, email: text, app: text, role, invitedBy: text, createdMs: ms, expiresMs: ms },
      },
    },
  },
} as const;
export type UserList = FromSchema<typeof USER_LIST>;

/** Body of `POST /api/users/invitations?app=`. Answers ONE_TIME_LINK: nothing is mailed. For somebody who has an account the role is given at once, and `link` is empty. */
export const INVITE = { type: 'object', required: ['email', 'role'], additionalProperties: false, properties: { email, role } } as const;
export type Invite = FromSchema<typeof INVITE>;
export const ONE_TIME_LINK = {
  type: 'object',
  required: ['link', 'expiresMs'],
  properties: { link: { ...text, description: 'address to hand over; shown this once' }, expiresMs: ms },
} as const;
export type OneTimeLink = FromSchema<typeof ONE_TIME_LINK>;

/** Body of `PUT /api/users/:user/role?app=`; null takes it away. */
export const ROLE_CHANGE = {
  type: 'object',
  required: ['role'],
  additionalProperties: false,
  properties: { role: { anyOf: [role, { type: 'null' }] } },
} as const;
export type RoleChange = FromSchema<typeof ROLE_CHANGE>;
/** Body of `PUT /api/users/:user/owner`. The last owner stays one. `POST /api/users/:user/reset` answers ONE_TIME_LINK; `DELETE /api/users/:user`. */
export const OWNER_CHANGE = {
  type: 'object',
  required: ['isOwner'],
  additionalProperties: false,
  properties: { isOwner: { type: 'boolean' } },
} as const;
