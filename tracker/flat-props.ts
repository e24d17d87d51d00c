import { utf8Encoder } from '../engine/protocol/codec/utf8.ts';
import { TEXT_MAX_BYTES } from '../engine/protocol/limits.ts';

const PROPS_MAX = 20;
/** Longest text in a property, and longest name of an event. */
export const VALUE_MAX_CHARS = 200;

/**
 * Properties of an event as flat JSON. What is neither a number, a truth nor a short text is left out, and so is what is one too
 * many; all of them, if together they are more than one text of the wire.
 * @param given whatever the page says
 * @param leaveOut called for each
 */
export function flatProps(given: unknown, leaveOut: () => void): string {
  // The first that is asked about is the whole.
  let room = PROPS_MAX + 1;
  const json = JSON.stringify({ ...(given as object) }, (_name, value: unknown) => {
    const fits = typeof value === 'string' ? value.length <= VALUE_MAX_CHARS : value === !!value || Number.isFinite(value);
    if ((fits || room > PROPS_MAX) && room-- > 0) return value;
    leaveOut();
    return;
  });
  if (utf8Encoder.encode(json).length <= TEXT_MAX_BYTES) return json;
  leaveOut();
  return '{}';
}
