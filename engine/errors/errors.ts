/**
 * The one table of errors that a person meets: what it is, what the wire says, whether trying again helps, what to do.
 * What clients send wrongly is a drop reason (protocol/drop-reasons.ts), not an error.
 */
export const ERRORS = {
  'setting-invalid': { status: 500, retry: false, remedy: 'correct the named setting and start again' },
  'port-in-use': { status: 500, retry: false, remedy: 'end the other program, or choose another port by the named setting' },
  'data-unwritable': { status: 500, retry: false, remedy: 'make the folder writable, or choose another by DATALAB_DATA_DIR' },
  'store-newer': { status: 500, retry: false, remedy: 'start the newer datalab that wrote this file, or choose another data folder' },
  'rebuild-taken-over': { status: 409, retry: true, remedy: 'let the other rebuild finish; what this one did is right and stays' },
  'store-away': { status: 503, retry: true, remedy: 'wait; everything that was not acknowledged is sent again' },
  'app-unknown': { status: 404, retry: false, remedy: 'look up the app’s key under Settings' },
  'session-unknown': { status: 404, retry: false, remedy: 'it may belong to another app, or its retention has passed' },
  'session-ended': { status: 409, retry: false, remedy: 'nothing: its tab, if it is still there, begins another session' },
  'query-invalid': { status: 400, retry: false, remedy: 'correct the named parameter' },
  'exchange-invalid': {
    status: 400,
    retry: false,
    remedy: 'export again; what was imported before the named place stays, and is not imported twice',
  },
  'host-refused': { status: 403, retry: false, remedy: 'set DATALAB_PUBLIC_URL to the address by which browsers reach this node' },
  'signed-out': { status: 401, retry: false, remedy: 'sign in' },
  'not-allowed': { status: 403, retry: false, remedy: 'ask an admin of the app, or an owner, for the role that it takes' },
  'sign-in-refused': { status: 401, retry: false, remedy: 'check both; an owner or admin can give you a link to set a new password' },
  'code-needed': { status: 401, retry: false, remedy: 'enter the code that your authenticator shows, or a recovery code' },
  'sign-in-limited': { status: 429, retry: true, remedy: 'wait some minutes' },
  'link-used': { status: 410, retry: false, remedy: 'ask for a new link' },
  'password-weak': { status: 400, retry: false, remedy: 'choose one that is longer and not on the list of common ones' },
  'owner-last': { status: 409, retry: false, remedy: 'make somebody else an owner first' },
  'user-unknown': { status: 404, retry: false, remedy: 'look the user up again' },
  'user-exists': { status: 409, retry: false, remedy: 'sign in with that account' },
  'app-exists': { status: 409, retry: false, remedy: 'choose another key' },
  'app-archived': { status: 409, retry: false, remedy: 'take it out of the archive first' },
  'changed-meanwhile': { status: 409, retry: false, remedy: 'look at what was changed, then change it again' },
  'name-differs': { status: 400, retry: false, remedy: 'type the name exactly as it is shown' },
  'key-last': { status: 409, retry: false, remedy: 'make a new key first' },
  'key-unknown': { status: 404, retry: false, remedy: 'look the keys up again' },
  'version-unknown': { status: 404, retry: false, remedy: 'look the history up again' },
  'token-refused': { status: 401, retry: false, remedy: 'make a new token under Settings' },
  'too-many-requests': { status: 429, retry: true, remedy: 'wait, and ask less often' },
  'service-away': { status: 503, retry: true, remedy: 'wait; the services come back by themselves' },
  'not-found': { status: 404, retry: false, remedy: 'check the address' },
  internal: { status: 500, retry: true, remedy: 'try again; the log has the reason' },
} as const satisfies Record<string, { status: number; retry: boolean; remedy: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** Thrown for everything in ERRORS. `message` is one clear sentence. */
export class DatalabError extends Error {
  override name = 'DatalabError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
