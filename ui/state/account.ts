/** Who looks: known once at the start, changed by signing in and out, asked again when there is doubt. */
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import { type Action, type Identity, may, type Role } from '../../engine/protocol/access.ts';
import type { CodesBegun, Link, LinkUse, Me, RecoveryCodes, SignIn, SignIns, SignInWays } from '../../engine/protocol/account.ts';
import type { Refusal } from '../../engine/protocol/hello.ts';
import { type Answer, askJson, order } from './api.ts';

/** How one signs in here. */
export const askSignInWays = (abort: AbortSignal) => askJson<SignInWays>('/api/sign-in', {}, abort);
export const signIn = (body: SignIn) => order<Me>('POST', '/api/sign-in', {}, body);
export const signOut = (everywhere: boolean) => order('POST', '/api/sign-out', {}, { everywhere });
/** What a one-time link is for. Tokens go in bodies: addresses stand in logs. */
export const lookAtLink = (token: string) => order<Link>('POST', '/api/links/look', {}, { token });
export const redeemLink = (body: LinkUse) => order<Me>('POST', '/api/links/use', {}, body);
export const askMe = () => askJson<Me>('/api/account', {});
export const changeName = (name: string) => order<Me>('PUT', '/api/account', {}, { name });
export const changePassword = (old: string, password: string) => order('PUT', '/api/account/password', {}, { old, password });
/** One-time codes are on once one was confirmed. */
export const beginCodes = () => order<CodesBegun>('POST', '/api/account/codes');
export const confirmCodes = (code: string) => order<RecoveryCodes>('PUT', '/api/account/codes', {}, { code });
export const removeCodes = (password: string) => order('POST', '/api/account/codes/remove', {}, { password });
export const askSignIns = (abort: AbortSignal) => askJson<SignIns>('/api/account/sign-ins', {}, abort);
export const endSignIn = (id: string) => order('POST', `/api/account/sign-ins/${encodeURIComponent(id)}/end`);

export type Account = {
  /** Undefined until it is known; null: nobody is signed in. */
  readonly me: ReadonlySignal<Me | null | undefined>;
  /** Why it could not be found out. */
  readonly refusal: ReadonlySignal<Refusal | undefined>;
  /** Finds out who is signed in; at most one question at a time. */
  check(): Promise<void>;
  /** Somebody has signed in, or has changed. */
  take(me: Me): void;
  /** Nobody is signed in any more. @param askedMs when that was asked; an older answer than the latest sign-in is not believed */
  forget(askedMs?: number): void;
};

/** @param ask asks for ME @param nowMs as performance.now() tells it */
export function createAccount(ask: () => Promise<Answer<Me>>, nowMs: () => number): Account {
  const me = signal<Me | null | undefined>(undefined);
  const refusal = signal<Refusal | undefined>(undefined);
  let takenMs = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;
  const set = (next: Me | null | undefined, why?: Refusal) =>
    batch(() => {
      me.value = next;
      refusal.value = why;
    });

  const forget = (askedMs = nowMs()) => {
    if (askedMs >= takenMs) set(null);
  };
  const find = async () => {
    const askedMs = nowMs();
    const answer = await ask();
    if (answer.ok) {
      // Signed in or out meanwhile: that is newer.
      if (askedMs >= takenMs) set(answer.value);
    } else if (answer.reason.code === 'signed-out') forget(askedMs);
    // Who was known stays known: a server that is away has signed nobody out.
    else if (!me.value) set(me.value, answer.reason);
  };
  return {
    me,
    refusal,
    check() {
      asking ??= find().finally(() => {
        asking = undefined;
      });
      return asking;
    },
    take(next) {
      takenMs = nowMs();
      set(next);
    },
    forget,
  };
}

/** Somebody signed in, as the table of rights knows them. */
export const identityOf = ({ id, name, isOwner, roles }: Me): Identity => ({ kind: 'user', id, name, isOwner, roles, signIn: '' });

/** @param app the app that it is about; undefined where it is about none */
export const mayUser = (me: Me, action: Action, app: string | undefined): boolean => may(identityOf(me), action, app);

/** What somebody is in an app, as it is said beside their name; undefined: nothing. */
export function roleIn({ isOwner, roles }: Me, app: string | undefined): 'owner' | Role | undefined {
  if (isOwner) return 'owner';
  return app !== undefined && Object.hasOwn(roles, app) ? roles[app] : undefined;
}

/** Pages that are seen signed out: nobody is sent back to them. */
const OPEN_PATHS: readonly string[] = ['/sign-in', '/link'];

/**
 * Where `/sign-in?next=…` may lead: pages of our own, and nowhere else, whatever stands there.
 * @returns '/', the start, for anything else
 */
export function ownPath(next: string | undefined, origin: string): string {
  // An address that begins with two slashes, or is read as one, is another site's.
  const url = next?.startsWith('/') ? URL.parse(next, origin) : null;
  if (url?.origin !== origin || url.pathname.startsWith('//')) return '/';
  return OPEN_PATHS.includes(url.pathname.replace(/\/+$/, '')) ? '/' : url.pathname + url.search + url.hash;
}

/** The sign-in page that comes back to this address. @param url path and query */
export const signInFrom = (url: string): string => (url === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(url)}`);
