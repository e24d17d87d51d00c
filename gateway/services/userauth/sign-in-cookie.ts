import { fastifyCookie } from '@fastify/cookie';
import { SIGN_IN_TTL_MS } from './sign-ins.ts';

/** With TLS the name itself forbids that another host, or a page without TLS, sets it. */
const WITH_TLS = '__Host-datalab';
const WITHOUT_TLS = 'datalab_ui';
/** The name under which a sign-in's token comes, and no other: over TLS nobody but us can have set it. */
export const signInCookieName = (publicUrl: string): string => (publicUrl.startsWith('https:') ? WITH_TLS : WITHOUT_TLS);

/** The `set-cookie` header of a sign-in. @param token '' ends it in the browser */
export function signInCookie(token: string, publicUrl: string): string {
  const secure = publicUrl.startsWith('https:');
  const maxAge = token === '' ? 0 : SIGN_IN_TTL_MS / 1_000;
  return fastifyCookie.serialize(signInCookieName(publicUrl), token, { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge });
}

/** The token that a browser has; undefined for one that is signed out. */
export function signInTokenOf(cookieHeader: string | undefined, publicUrl: string): string | undefined {
  return fastifyCookie.parse(cookieHeader ?? '')[signInCookieName(publicUrl)];
}
