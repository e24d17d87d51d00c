/** Reads what the server says. Proxies and captive portals answer in its place, so nothing is believed unchecked. */
import type { HelloAnswer } from '../../engine/protocol/hello.ts';
import type { ServerMessage } from '../../engine/protocol/messages.ts';

/** Refusals that no repetition changes (rules.md, Connection). */
const FINAL_STATUSES: readonly number[] = [400, 401, 403, 404, 410, 422];

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

/** Enough to tell our server from a stranger's page; the whole schema would be a tenth of the tracker. */
const ANSWER_FIELDS = ['session', 'resume', 'ticket', 'socketUrl', 'postUrl', 'config'] as const satisfies (keyof HelloAnswer)[];

/** True if a hello's body is an answer. */
export function isHelloAnswer(body: unknown): body is HelloAnswer {
  return isRecord(body) && ANSWER_FIELDS.every((name) => body[name]);
}

/** True if asking again cannot help. */
export function isFinalRefusal(status: number, body: unknown): boolean {
  return FINAL_STATUSES.includes(status) || (isRecord(body) && body['retry'] === false);
}

/** True if it is the session that was refused, not the tab: the tab may begin another one. */
export function isSessionLost(body: unknown): boolean {
  return isRecord(body) && ['resume-refused', 'session-unknown', 'session-ended'].includes(String(body['code']));
}

/** Reads one text message of the socket; null if it is none that we know. */
export function readMessage(text: string): ServerMessage | null {
  try {
    const message: unknown = JSON.parse(text);
    if (!isRecord(message)) return null;
    switch (message['type']) {
      case 'ACK':
        return typeof message['seq'] === 'number' ? (message as ServerMessage) : null;
      case 'THIN':
        return typeof message['level'] === 'number' ? (message as ServerMessage) : null;
      case 'REFUSED':
      case 'END':
        return typeof message['reason'] === 'string' ? (message as ServerMessage) : null;
      default:
        return null;
    }
  } catch {
    return null;
  }
}
