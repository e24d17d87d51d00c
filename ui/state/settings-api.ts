/** What the settings pages and the audit log ask of the services, and order of them: engine/protocol/administration.ts, account.ts. */
import type { Role } from '../../engine/protocol/access.ts';
import type { Invite, OneTimeLink, UserList } from '../../engine/protocol/account.ts';
import type {
  AppChange,
  AppCreate,
  AppDetail,
  AuditList,
  AuditQuery,
  ConfigChange,
  ConfigConfirmed,
  ConfigHistory,
  KeyList,
  SnippetCheckAnswer,
  TokenCreate,
  TokenMade,
} from '../../engine/protocol/administration.ts';
import { askJson, order } from './api.ts';

const at = (...parts: readonly string[]) => `/api/${parts.map(encodeURIComponent).join('/')}`;

export const askApp = (app: string, signal: AbortSignal) => askJson<AppDetail>(at('apps', app), {}, signal);
export const createApp = (wanted: AppCreate) => order<AppDetail>('POST', at('apps'), {}, wanted);
export const changeApp = (app: string, change: AppChange) => order<AppDetail>('PUT', at('apps', app), {}, change);
export const archiveApp = (app: string, archived: boolean) => order<AppDetail>('PUT', at('apps', app, 'archived'), {}, { archived });
/** @param name the app's, typed */
export const deleteApp = (app: string, name: string) => order<AppDetail>('POST', at('apps', app, 'delete'), {}, { name });
/** Looks at a page of the site for the snippet. */
export const checkPage = (app: string, url: string) => order<SnippetCheckAnswer>('POST', at('apps', app, 'check'), {}, { url });

export const askConfig = (app: string, signal: AbortSignal) => askJson<ConfigHistory>(at('config', app), {}, signal);
export const changeConfig = (app: string, change: ConfigChange) => order<ConfigHistory>('PUT', at('config', app), {}, change);
/** @param basedOn the latest version @param to the older one that the new one is like */
export const rollBackConfig = (app: string, basedOn: number, to: number) =>
  order<ConfigHistory>('POST', at('config', app, 'roll-back'), {}, { basedOn, to });
export const askConfirmed = (app: string, signal: AbortSignal) => askJson<ConfigConfirmed>(at('trackers', app, 'confirmed'), {}, signal);

export const askKeys = (app: string, signal: AbortSignal) => askJson<KeyList>(at('keys', app), {}, signal);
export const createKey = (app: string) => order<KeyList>('POST', at('keys', app));
/** @param endsMs null: it goes on */
export const endKey = (app: string, key: string, endsMs: number | null) =>
  order<KeyList>('PUT', at('keys', app, 'public', key), {}, { endsMs });
export const createToken = (app: string, wanted: TokenCreate) => order<TokenMade>('POST', at('keys', app, 'tokens'), {}, wanted);
export const endToken = (app: string, token: string) => order('DELETE', at('keys', app, 'tokens', token));

/** @param app without one: everybody, for owners */
export const askUsers = (app: string | undefined, signal: AbortSignal) => askJson<UserList>(at('users'), { app }, signal);
export const invite = (app: string, wanted: Invite) => order<OneTimeLink>('POST', at('users', 'invitations'), { app }, wanted);
export const withdrawInvitation = (app: string, invitation: string) => order('DELETE', at('users', 'invitations', invitation), { app });
/** @param role null takes it away */
export const changeRole = (app: string, user: string, role: Role | null) => order('PUT', at('users', user, 'role'), { app }, { role });
export const changeOwner = (user: string, isOwner: boolean) => order('PUT', at('users', user, 'owner'), {}, { isOwner });
export const resetPassword = (user: string) => order<OneTimeLink>('POST', at('users', user, 'reset'));
export const removeUser = (user: string) => order('DELETE', at('users', user));

export const askAudit = (query: AuditQuery, signal?: AbortSignal) => askJson<AuditList>(at('audit'), query, signal);
