/** Says who asks: by what another of our processes sealed, by an API token, or by the cookie of a sign-in. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../engine/clock/clock.ts';
import { DatalabError } from '../../engine/errors/errors.ts';
import type { Identity } from '../../engine/protocol/access.ts';
import type { Directory } from '../directory/directory.ts';
import { maskedAddress } from '../hello/masked-address.ts';
import type { Ask } from '../services/call.ts';
import { type Asker, IDENTITY_HEADER, type Seals } from './sealed-identity.ts';

/** A sign-in that was asked about is believed for this long; a sign-out, or a role taken away, is felt after it at the latest. */
export const BELIEVED_MS = 5_000;
const BELIEVED_MAX = 10_000;

export type IdentifyDeps = {
  readonly clock: Clock;
  readonly seals: Seals;
  readonly directory: Pick<Directory, 'ofToken'>;
  readonly ask: Ask;
  /** The token of a sign-in, of a `cookie` header. */ readonly tokenOf: (header: string | undefined) => string | undefined;
};

export type Identify = (request: { readonly headers: IncomingHttpHeaders; readonly ip: string }) => Promise<Asker>;

/** @throws DatalabError `token-refused`, or `service-away` when nobody can say whose a sign-in is */
export function createIdentify({ clock, seals, directory, ask, tokenOf }: IdentifyDeps): Identify {
  const believed = new Map<string, { readonly identity: Promise<Identity | null>; readonly untilMs: number }>();
  const salt = randomBytes(32);

  function ofSignIn(token: string): Promise<Identity | null> {
    const nowMs = clock.nowMs();
    const known = believed.get(token);
    if (known && known.untilMs > nowMs) return known.identity;
    const identity = ask<{ identity: Identity | null }>('userauth', 'POST', '/internal/userauth/verify', { body: { token } }).then(
      (answer) => answer.identity,
    );
    believed.delete(token);
    believed.set(token, { identity, untilMs: nowMs + BELIEVED_MS });
    // What failed is asked again by the next one.
    identity.catch(() => believed.delete(token));
    const [oldest] = believed.keys();
    if (believed.size > BELIEVED_MAX && oldest !== undefined) believed.delete(oldest);
    return identity;
  }

  return async ({ headers, ip }) => {
    const sealed = headers[IDENTITY_HEADER];
    if (typeof sealed === 'string') {
      const asker = seals.open(sealed, clock.nowMs());
      if (!asker) throw new DatalabError('signed-out', 'The seal of this request is not ours, or is too old.');
      return asker;
    }
    const from = { address: maskedAddress(ip), source: createHmac('sha256', salt).update(ip).digest('base64url').slice(0, 16) };
    const [, token] = /^Bearer\s+(\S{1,200})$/i.exec(headers.authorization ?? '') ?? [];
    if (token !== undefined) {
      const identity = directory.ofToken(createHash('sha256').update(token).digest('hex'));
      if (!identity) throw new DatalabError('token-refused', 'This API token is unknown, has ended, or has expired.');
      return { ...from, identity };
    }
    const signIn = tokenOf(headers.cookie);
    return { ...from, identity: signIn ? await ofSignIn(signIn) : null };
  };
}
