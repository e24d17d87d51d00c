/** Reads what the server says. Proxies and captive portals answer in its place, so nothing is believed unchecked. */
import type { HelloAnswer } from '../../engine/protocol/hello.ts';
import type { ServerMessage } from '../../engine/protocol/messages.ts';

/** What may be anything: text and numbers have none of our properties, as null has none. */
type Unchecked = Readonly<Record<string, unknown>> | null;

/** Refusals that no repetition changes (rules.md, Connection). */
const FINAL_STATUSES: readonly number[] = [400, 401, 403, 404, 410, 422];

/** Enough to tell our server from a stranger's page; the whole schema would be a tenth of the tracker. */
const ANSWER_FIELDS = ['session', 'resume', 'ticket', 'socketUrl', 'postUrl', 'config'] as const satisfies (keyof HelloAnswer)[];

/** True if a hello's body is an answer. */
export function isHelloAnswer(body: unknown): body is HelloAnswer {
  return ANSWER_FIELDS.every((name) => (body as Unchecked)?.[name]);
}

/** True if asking again cannot help. */
export function isFinalRefusal(status: number, body: unknown): boolean {
  return FINAL_STATUSES.includes(status) || (body as Unchecked)?.['retry'] === false;
}

/** True if it is the session that was refused, not the tab: the tab may begin another one. */
export function isSessionLost(body: unknown): boolean {
  return ['resume-refused', 'session-unknown', 'session-ended'].includes(String((body as Unchecked)?.['code']));
}

/** Reads one text message of the socket; null if it is none of the server's. Its type may be one that we do not know. */
export function readMessage(text: string): ServerMessage | null {
  try {
    const message = JSON.parse(text) as ServerMessage;
    const { type } = message;
    // An ack without a number would let go of everything.
    const needed = type === 'ACK' ? message.seq : type === 'THIN' ? message.level : type === 'CONTROL' ? message.config.revision : 0;
    return Number.isInteger(needed) ? message : null;
  } catch {
    return null;
  }
}
