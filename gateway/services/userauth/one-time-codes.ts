import { createHash, randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';

/** What is stored of a user's one-time codes. */
export type Codes = {
  /** Base32. */ readonly secret: string;
  /** The time step of the latest code that was accepted: it is not accepted again, nor is an older one. */ readonly lastStep: number;
  /** Hashes of the recovery codes that are left. */ readonly recovery: readonly string[];
};

/** RFC 6238, with what every authenticator supports. */
const TOTP_SETTINGS = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
const SECRET_BYTES = 20;
/** Steps before and after now: clocks of telephones are not exact. */
const WINDOW = 1;
const RECOVERY_CODES = 10;
/** 80 bits. */
const RECOVERY_BYTES = 10;

/** Base32. */
export const newSecret = (): string => new Secret({ buffer: new Uint8Array(randomBytes(SECRET_BYTES)).buffer }).base32;

/** What an authenticator reads as a picture. */
export const uriOf = (secret: string, email: string): string =>
  new TOTP({ ...TOTP_SETTINGS, issuer: 'datalab', label: email, secret }).toString();

/** The time step whose code this is, or null. */
export function stepOf(secret: string, code: string, nowMs: number): number | null {
  const token = bare(code);
  if (!/^\d{6}$/.test(token)) return null;
  const delta = TOTP.validate({ ...TOTP_SETTINGS, token, secret: Secret.fromBase32(secret), timestamp: nowMs, window: WINDOW });
  return delta === null ? null : TOTP.counter({ period: TOTP_SETTINGS.period, timestamp: nowMs }) + delta;
}

/** The codes after one was used, or null if it is none of them. */
export function use(codes: Codes, code: string, nowMs: number): Codes | null {
  const step = stepOf(codes.secret, code, nowMs);
  if (step !== null) return step > codes.lastStep ? { ...codes, lastStep: step } : null;
  const hash = recoveryHash(code);
  return codes.recovery.includes(hash) ? { ...codes, recovery: codes.recovery.filter((each) => each !== hash) } : null;
}

/** Four groups of four. @returns and what is stored of them */
export function newRecoveryCodes(): { readonly shown: string[]; readonly hashes: string[] } {
  const shown = Array.from({ length: RECOVERY_CODES }, () => {
    const text = new Secret({ buffer: new Uint8Array(randomBytes(RECOVERY_BYTES)).buffer }).base32.toLowerCase();
    return text.replace(/(.{4})(?=.)/g, '$1-');
  });
  return { shown, hashes: shown.map(recoveryHash) };
}

const recoveryHash = (code: string): string => createHash('sha256').update(bare(code)).digest('hex');

/** As people type it. */
const bare = (code: string): string => code.replace(/[ -]/g, '').toLowerCase();
