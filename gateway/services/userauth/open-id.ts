/**
 * Signing in by an OpenID Connect provider: authorization code with PKCE, state and nonce. What is remembered of one's own request lies in
 * the browser that made it, sealed.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { fastifyCookie } from '@fastify/cookie';
import * as client from 'openid-client';
import type { Clock } from '../../../engine/clock/clock.ts';
import { DatalabError } from '../../../engine/errors/errors.ts';
import type { OpenIdProvider } from '../service.ts';

const COOKIE = 'datalab_openid';
const PATH = '/api/sign-in/openid';
/** A person has so long at the provider's. */
const TTL_MS = 600_000;

type Begun = { readonly verifier: string; readonly state: string; readonly nonce: string; readonly untilMs: number };

/** Who somebody is, as the provider says. */
export type OpenIdPerson = { readonly subject: string; readonly email: string };

export class OpenId {
  readonly #provider: OpenIdProvider;
  readonly #clock: Clock;
  readonly #secret = randomBytes(32);
  #configuration: Promise<client.Configuration> | null = null;

  constructor(provider: OpenIdProvider, clock: Clock) {
    this.#provider = provider;
    this.#clock = clock;
  }

  get name(): string {
    return this.#provider.name;
  }

  /** @returns where the browser goes, and the cookie that it takes along @throws DatalabError `service-away` */
  async begin(publicUrl: string): Promise<{ readonly location: string; readonly cookie: string }> {
    const configuration = await this.#discover();
    const begun: Begun = {
      verifier: client.randomPKCECodeVerifier(),
      state: client.randomState(),
      nonce: client.randomNonce(),
      untilMs: this.#clock.nowMs() + TTL_MS,
    };
    const location = client.buildAuthorizationUrl(configuration, {
      redirect_uri: `${publicUrl}${PATH}/callback`,
      scope: 'openid email',
      code_challenge: await client.calculatePKCECodeChallenge(begun.verifier),
      code_challenge_method: 'S256',
      state: begun.state,
      nonce: begun.nonce,
    });
    return { location: location.href, cookie: this.#cookie(this.#seal(begun), publicUrl, TTL_MS / 1_000) };
  }

  /** Ends what was begun in this browser. @param path as the provider sent the browser back, with its query @throws DatalabError `sign-in-refused` */
  async end(publicUrl: string, path: string, cookieHeader: string | undefined): Promise<OpenIdPerson> {
    const begun = this.#open(fastifyCookie.parse(cookieHeader ?? '')[COOKIE] ?? '');
    if (!begun) throw new DatalabError('sign-in-refused', 'This sign-in was not begun in this browser, or took too long.');
    const checks = { pkceCodeVerifier: begun.verifier, expectedState: begun.state, expectedNonce: begun.nonce, idTokenExpected: true };
    let claims: client.IDToken | undefined;
    try {
      claims = (await client.authorizationCodeGrant(await this.#discover(), new URL(path, publicUrl), checks)).claims();
    } catch (error) {
      throw new DatalabError('sign-in-refused', `${this.name} did not confirm this sign-in.`, { cause: error });
    }
    const { sub = '', email, email_verified: isVerified }: Partial<client.IDToken> = claims ?? {};
    if (sub === '' || typeof email !== 'string' || isVerified !== true)
      throw new DatalabError('sign-in-refused', `${this.name} does not say that your email is verified.`);
    return { subject: sub, email };
  }

  /** Forgets it in the browser. */
  forget(publicUrl: string): string {
    return this.#cookie('', publicUrl, 0);
  }

  #cookie(value: string, publicUrl: string, maxAge: number): string {
    const secure = publicUrl.startsWith('https:');
    return fastifyCookie.serialize(COOKIE, value, { path: PATH, httpOnly: true, sameSite: 'lax', secure, maxAge });
  }

  #discover(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.#provider;
    // The token's signature is checked, whatever way it came. A provider without TLS is one on this machine or in a closed network: the
    // setting's author wants it so.
    const execute = [client.enableNonRepudiationChecks, ...(issuer.startsWith('http:') ? [client.allowInsecureRequests] : [])];
    this.#configuration ??= client.discovery(new URL(issuer), clientId, clientSecret, undefined, { execute }).catch((error: unknown) => {
      this.#configuration = null;
      throw new DatalabError('service-away', `${this.name} does not answer: sign in with your password, or later.`, { cause: error });
    });
    return this.#configuration;
  }

  #seal(begun: Begun): string {
    const text = Buffer.from(JSON.stringify(begun)).toString('base64url');
    return `${text}.${this.#mac(text)}`;
  }

  #open(sealed: string): Begun | null {
    const [text = '', mac = ''] = sealed.split('.');
    const [given, expected] = [Buffer.from(mac), Buffer.from(this.#mac(text))];
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    const begun = JSON.parse(Buffer.from(text, 'base64url').toString()) as Begun;
    return begun.untilMs > this.#clock.nowMs() ? begun : null;
  }

  #mac(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('base64url');
  }
}
