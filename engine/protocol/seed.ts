/**
 * The seed format: one JSON object per text message, for clients other than our tracker (SPEC TX1–TX4).
 *
 *   {"type":"MOUSECLICK","timestamp":1767225600000,"event":{"x":10,"y":20,"target":"#buy","button":0}}
 *   {"type":"URLCHANGE","timestamp":…,"event":{"from":"https://…/a","to":"https://…/b","elapsed":1200}}
 *   {"type":"MOUSEHOVER","timestamp":…,"event":{"target":"#buy","x":10,"y":20,"elapsed":800}}
 *   {"type":"MOUSEMOVE","timestamp":…,"event":{"x":10,"y":20,"elapsed":0}}
 *   {"type":"SESSION_RECORD","timestamp":…,"event":{ anything }}
 *   {"type":"GOODBYE"}
 *
 * `timestamp` is epoch milliseconds or an ISO 8601 string with its zone. Numbers outside their range, other types and missing fields
 * are refused; nothing is guessed. The session numbers text events in the order of arrival.
 */
import type { DropReason } from './drop-reasons.ts';
import type { Event } from './events.ts';
import { COORDINATE_MAX_PX, FRAME_MAX_BYTES, SEED_MAX_DEPTH, TEXT_MAX_BYTES } from './limits.ts';
import { ok, type Result, refuse } from './result.ts';

/** The event types of the seed, in its own capitals. */
export const SEED_TYPES = ['MOUSECLICK', 'URLCHANGE', 'MOUSEHOVER', 'MOUSEMOVE', 'SESSION_RECORD'] as const;
export type SeedType = (typeof SEED_TYPES)[number];

type Fields = Readonly<Record<string, unknown>>;

class BadField extends Error {}

/** Reads one text message's event. Any text gives a result; nothing throws. */
export function decodeSeed(text: string): Result<Event, DropReason> {
  // Never more code units than bytes: what the socket lets through is not refused here.
  if (text.length > FRAME_MAX_BYTES) return refuse('message-too-big');
  if (!isShallow(text)) return refuse('event-malformed');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return refuse('frame-malformed');
  }
  if (!isRecord(parsed)) return refuse('event-malformed');
  const { type, timestamp, event } = parsed;
  if (!SEED_TYPES.includes(type as SeedType)) return refuse('event-unknown');
  if (!isRecord(event)) return refuse('event-malformed');
  try {
    return ok(eventOf(type as SeedType, timeOf(timestamp), event));
  } catch (error) {
    if (error instanceof BadField) return refuse('event-malformed');
    throw error;
  }
}

/**
 * True for a text message that says goodbye. Looks only at short messages, so that the main thread never parses a body.
 */
export function isSeedGoodbye(text: string): boolean {
  return text.length < 64 && /^\s*\{\s*"type"\s*:\s*"GOODBYE"\s*\}\s*$/.test(text);
}

function eventOf(type: SeedType, atMs: number, event: Fields): Event {
  switch (type) {
    case 'MOUSECLICK':
      return {
        kind: 'click',
        atMs,
        x: pixel(event, 'x'),
        y: pixel(event, 'y'),
        target: text(event, 'target', ''),
        tag: text(event, 'tag', ''),
        text: text(event, 'text', ''),
        href: text(event, 'href', ''),
        elementX: 0,
        elementY: 0,
        button: whole(event, 'button', 0),
        hesitationMs: whole(event, 'hesitation', 0),
        fixed: 0,
      };
    case 'URLCHANGE':
      return {
        kind: 'urlchange',
        atMs,
        from: text(event, 'from', ''),
        to: text(event, 'to'),
        elapsedMs: whole(event, 'elapsed', 0),
        cause: 'push',
      };
    case 'MOUSEHOVER':
      return {
        kind: 'hover',
        atMs,
        x: pixel(event, 'x', 0),
        y: pixel(event, 'y', 0),
        target: text(event, 'target'),
        tag: text(event, 'tag', ''),
        text: text(event, 'text', ''),
        dwellMs: whole(event, 'elapsed'),
      };
    case 'MOUSEMOVE':
      return { kind: 'move', atMs, x: pixel(event, 'x'), y: pixel(event, 'y'), restMs: whole(event, 'elapsed', 0) };
    case 'SESSION_RECORD':
      return { kind: 'dom', atMs, json: JSON.stringify(event) };
  }
}

/**
 * Counts brackets before anything is parsed: JSON.stringify recurses and ends in a stack overflow some thousand levels
 * down. A JSON text's brackets outside strings are its nesting; of any other text the parser says what it is.
 */
function isShallow(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') quoted = !quoted;
    else if (quoted) i += char === '\\' ? 1 : 0;
    else if (char === '{' || char === '[') {
      if (++depth > SEED_MAX_DEPTH) return false;
    } else if (char === '}' || char === ']') depth--;
  }
  return true;
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Zone and all: without it the time would be read as the server's own, and `Date.parse` makes a year of any number. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

function timeOf(value: unknown): number {
  const ms = typeof value === 'string' && ISO_TIME.test(value) ? Date.parse(value) : value;
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0 || ms > 8.64e15) throw new BadField();
  return Math.round(ms);
}

function number(event: Fields, name: string, fallback: number | undefined, min: number, max: number): number {
  const value = Object.hasOwn(event, name) ? event[name] : fallback;
  if (typeof value !== 'number' || !(value >= min && value <= max)) throw new BadField();
  return Math.round(value);
}

const pixel = (event: Fields, name: string, fallback?: number) => number(event, name, fallback, -COORDINATE_MAX_PX, COORDINATE_MAX_PX);
const whole = (event: Fields, name: string, fallback?: number) => number(event, name, fallback, 0, Number.MAX_SAFE_INTEGER);

function text(event: Fields, name: string, fallback?: string): string {
  const value = Object.hasOwn(event, name) ? event[name] : fallback;
  if (typeof value !== 'string' || value.length > TEXT_MAX_BYTES) throw new BadField();
  return value;
}
