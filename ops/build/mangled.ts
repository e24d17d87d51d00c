/**
 * Names of properties that the tracker's build shortens. Only names that are ours: one that the DOM, the wire's JSON, the
 * tab's storage or `window.datalab` knows must keep its name. What the protocol declares is checked here; a test on the bundle
 * holds the rest.
 */
import { EVENTS } from '../../engine/protocol/events.ts';
import { HELLO_ANSWER, HELLO_REQUEST, REFUSAL, TRACKER_CONFIG } from '../../engine/protocol/hello.ts';

const NAMES = [
  // events and frames: their codec goes by the table, whatever its names
  ...['atMs', 'baseSeq', 'dwellMs', 'elapsedMs', 'elementX', 'elementY', 'events', 'fields', 'goodbye', 'hesitationMs'],
  ...['pageHeight', 'pageWidth', 'props', 'reach', 'restMs', 'kind', 'cause', 'wire', 'byte', 'uint', 'int', 'finish', 'raw'],
  // transport
  ...['acked', 'beginAfter', 'continueAfter', 'discard', 'frameBytes', 'frameMaxBytes', 'full', 'keepWithin', 'pendingBytes'],
  ...[
    'pendingMaxBytes',
    'restore',
    'seal',
    'stats',
    'thin',
    'windowMaxBytes',
    'beacon',
    'clock',
    'facts',
    'nowMs',
    'onPlace',
    'onConfig',
    'onEnd',
  ],
  ...['openSocket', 'opened', 'postHello', 'after', 'storage', 'loadPolls', 'hurry'],
  // capture
  ...['guard', 'settlers', 'tick', 'pointOf', 'later', 'listen', 'whenIdle', 'actionable', 'describeTarget', 'visibleText'],
  ...['around', 'engagedMs', 'elementOf', 'fns', 'heard', 'isElement', 'judges', 'listener', 'reconfigure', 'placeOf', 'ways'],
  ...['beside', 'emit', 'tap', 'EVENTS', 'privacy', 'TEXT_MAX_CHARS', 'page', 'store', 'take', 'put'],
];

/** Every name that stands in JSON on the wire, and the kinds of events, which are values and keys at once. */
const ON_THE_WIRE = [HELLO_REQUEST, HELLO_ANSWER, REFUSAL, TRACKER_CONFIG].flatMap(({ properties }) => Object.keys(properties));

/** What the language itself has: a call of it would be shortened, too. */
const BUILT_IN: readonly object[] = [Object, Function, Array, String, Map, Set, Promise, Uint8Array, Date, RegExp].map(
  ({ prototype }) => prototype,
);

const clash = NAMES.find((name) => ON_THE_WIRE.includes(name) || name in EVENTS || BUILT_IN.some((prototype) => name in prototype));
if (clash) throw new Error(`“${clash}” is not ours alone: it cannot be shortened`);

/** Matches the names to shorten. */
export const MANGLED = new RegExp(`^(${NAMES.join('|')})$`);
