/** Who may do what: the one table that the server checks, the UI shows by, and the docs print. */

/** Roles in an app; each may do what those before it may. */
export const ROLES = ['viewer', 'analyst', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What an API token may be allowed. */
export const SCOPES = ['events.write', 'reports.read'] as const;
export type Scope = (typeof SCOPES)[number];

/**
 * Who an action is for.
 * - `public`: anybody, signed in or not
 * - `signed-in`: every user, whatever their roles
 * - a role: users with that role or a later one in the app that it is about; owners
 * - `owner`: those who own the installation
 * - `token`: API tokens alone
 * - `service`: our own services among each other
 */
export type Level = 'public' | 'signed-in' | Role | 'owner' | 'token' | 'service';

type ActionRow = { readonly level: Level /** Tokens of this scope may, too. */; readonly scope?: Scope; readonly about: string };

export const ACTIONS = {
  track: { level: 'public', about: 'what trackers and browsers load and say, and health; the app key and the page’s origin say whose' },
  'sign-in': { level: 'public', about: 'sign in, use a one-time link, say how one signs in' },
  account: { level: 'signed-in', about: 'one’s own account, password, one-time codes, sign-outs; the apps that one sees' },
  'reports.read': { level: 'viewer', scope: 'reports.read', about: 'pages, heat, lists of sessions, what is live' },
  'replays.read': { level: 'analyst', scope: 'reports.read', about: 'one session: its events, its replay' },
  'settings.read': { level: 'analyst', about: 'an app’s settings, its configuration and their history' },
  'actors.watch': { level: 'operator', about: 'live actors' },
  'sessions.control': { level: 'operator', about: 'change how a live session is captured, end it' },
  'settings.change': { level: 'admin', about: 'change an app’s settings and configuration, roll back' },
  'keys.manage': { level: 'admin', about: 'public keys and API tokens' },
  'people.manage': { level: 'admin', about: 'invite people to an app, give and take roles in it' },
  'audit.read': { level: 'admin', about: 'the audit log of an app; of everything, owners' },
  'apps.manage': { level: 'owner', about: 'create, archive and delete apps' },
  'users.manage': { level: 'owner', about: 'all users: reset passwords, remove, make owner' },
  'events.write': { level: 'token', scope: 'events.write', about: 'events from a server of the site' },
  internal: { level: 'service', about: 'what services ask of each other' },
} as const satisfies Record<string, ActionRow>;
export type Action = keyof typeof ACTIONS;

/** Roles of one user, by app. */
export type Roles = Readonly<Record<string, Role>>;

/** Who asks. */
export type Identity =
  | {
      readonly kind: 'user';
      readonly id: string;
      readonly name: string;
      readonly isOwner: boolean;
      readonly roles: Roles;
      /** The sign-in by which they ask. */ readonly signIn: string;
    }
  | { readonly kind: 'token'; readonly id: string; readonly name: string; readonly app: string; readonly scopes: readonly Scope[] }
  | { readonly kind: 'service'; readonly name: string };

/**
 * True if this identity may do this.
 * @param app the app that it is about; undefined where it is about none, or about all
 */
export function may(identity: Identity | null, action: Action, app?: string): boolean {
  const { level, scope }: ActionRow = ACTIONS[action];
  if (level === 'public') return true;
  switch (identity?.kind) {
    case 'service':
      return level === 'service';
    case 'token':
      return scope !== undefined && identity.scopes.includes(scope) && identity.app === app;
    case 'user':
      if (level === 'signed-in') return true;
      if (level === 'token' || level === 'service') return false;
      if (identity.isOwner) return true;
      if (level === 'owner' || app === undefined || !Object.hasOwn(identity.roles, app)) return false;
      return ROLES.indexOf(identity.roles[app] ?? 'viewer') >= ROLES.indexOf(level);
    default:
      return false;
  }
}
