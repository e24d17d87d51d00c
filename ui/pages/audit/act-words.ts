/** Acts of the audit log in words. */
import type { AuditEntry } from '../../../engine/protocol/administration.ts';

const ACTS: Readonly<Record<string, string>> = {
  'app.create': 'Created the app',
  'app.change': 'Changed the app’s settings',
  'app.archive': 'Changed whether the app is archived',
  'app.delete': 'Deleted the app',
  'app.check': 'Checked a page for the snippet',
  'config.change': 'Changed how sessions are captured',
  'config.roll-back': 'Rolled the capture settings back',
  'key.create': 'Made a public key',
  'key.end': 'Ended a public key',
  'token.create': 'Made an API token',
  'token.end': 'Ended an API token',
  'user.invite': 'Invited somebody',
  'user.uninvite': 'Withdrew an invitation',
  'user.role': 'Changed a role',
  'user.owner': 'Changed who owns the installation',
  'user.reset': 'Made a link to set a new password',
  'user.remove': 'Removed a user',
  'session.control': 'Changed how a session is captured',
  'session.end': 'Ended a session',
  'sign-in': 'Signed in',
  'sign-in.openid': 'Signed in by OpenID',
  'sign-out': 'Signed out',
  'link.use': 'Used a one-time link',
  'account.change': 'Changed their name',
  'account.password': 'Changed their password',
  'account.codes-begin': 'Began to set up one-time codes',
  'account.codes': 'Turned one-time codes on',
  'account.codes-remove': 'Turned one-time codes off',
  'account.sign-in-end': 'Ended one of their sign-ins',
};

/** What was done; an act that has no words here is said by its own name. */
export function actWords({ what, detail, atMs }: Pick<AuditEntry, 'what' | 'detail' | 'atMs'>): string {
  const wanted = read(detail);
  switch (what) {
    case 'app.archive':
      return wanted['archived'] === false ? 'Took the app out of the archive' : 'Archived the app';
    case 'key.end':
      return keyEndWords(wanted['endsMs'], atMs);
    case 'user.role':
      return wanted['role'] === null
        ? 'Took a role away'
        : typeof wanted['role'] === 'string'
          ? `Gave the role ${wanted['role']}`
          : 'Changed a role';
    case 'user.invite':
      return typeof wanted['email'] === 'string' ? `Invited ${wanted['email']}` : 'Invited somebody';
    case 'user.owner':
      return wanted['isOwner'] === false ? 'Took ownership away' : 'Made somebody an owner';
    case 'sign-out':
      return wanted['everywhere'] === true ? 'Signed out everywhere' : 'Signed out';
    default:
      return Object.hasOwn(ACTS, what) ? (ACTS[what] ?? what) : what;
  }
}

/** Whoever ends a key now says so by their own clock: some seconds ahead are now, too. */
const NOW_WITHIN_MS = 60_000;

function keyEndWords(endsMs: unknown, atMs: number): string {
  if (endsMs === null) return 'Let a public key go on';
  return typeof endsMs === 'number' && endsMs > atMs + NOW_WITHIN_MS ? 'Set a day for a public key to end' : 'Ended a public key';
}

/** What was wanted, laid out to be read; as it was written down where it is no JSON (it may be cut). */
export function detailText(detail: string): string {
  try {
    return JSON.stringify(JSON.parse(detail), null, 2);
  } catch {
    return detail;
  }
}

function read(detail: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(detail);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
