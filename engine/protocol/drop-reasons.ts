/**
 * Every reason for which something a client sent is not taken. Closed: a refusal without a row here cannot be written.
 * Each has a counter of the same name; the sender gets the reason wherever there is a way to answer (SPEC DR1).
 *
 * `retry` says whether sending the same bytes again can ever help. The tracker keeps what may be retried.
 */
export const DROP_REASONS = {
  // hello
  'app-unknown': { retry: false, about: 'no app has this key' },
  'origin-refused': { retry: false, about: 'the page’s origin is not one of the app’s' },
  'consent-missing': { retry: false, about: 'Global Privacy Control is on, or consent was not given' },
  'hello-malformed': { retry: false, about: 'the hello is not of its schema' },
  'limit-address': { retry: true, about: 'too many hellos from one address' },
  'limit-app': { retry: true, about: 'too many sessions of one app' },
  'resume-refused': { retry: false, about: 'the resume token does not belong to this session' },
  'node-closing': { retry: true, about: 'this node is shutting down' },
  // socket
  'ticket-refused': { retry: false, about: 'unknown, used, late, or of another app, session or origin' },
  'message-too-big': { retry: false, about: 'over the frame limit' },
  // frames
  'frame-malformed': { retry: false, about: 'the bytes are no frame of this version' },
  'frame-version': { retry: false, about: 'a version this server does not read' },
  'frame-overlap': { retry: false, about: 'numbers that overlap stored ones without being them' },
  'frame-duplicate': { retry: false, about: 'already stored: acked again, not stored again' },
  'event-unknown': { retry: false, about: 'no event of this type' },
  'event-malformed': { retry: false, about: 'an event that is not of its shape' },
  'inbox-full': { retry: true, about: 'the session’s inbox is at its bound' },
  'session-unknown': { retry: false, about: 'no such session here' },
  'session-ended': { retry: false, about: 'the session has ended' },
  'app-archived': { retry: false, about: 'this app takes nothing any more' },
  'service-away': { retry: true, about: 'this node does not know the apps yet' },
  'worker-fault': { retry: false, about: 'the frame broke its worker three times and was set aside' },
  'store-away': { retry: true, about: 'the store did not take it' },
} as const satisfies Record<string, { retry: boolean; about: string }>;

export type DropReason = keyof typeof DROP_REASONS;
