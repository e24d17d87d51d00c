/** The numbers of the wire. Both ends keep them; a test stands on each. Sources: rules.md, faults.md 22–38. */

/** Version byte of binary frames. Only ever raised; a server says `frame-version` to one it does not read. */
export const FRAME_VERSION = 1;

/** Largest message on the socket, either form. ws closes with 1009 above it. The whole page's beacons share the same 64 KiB. */
export const FRAME_MAX_BYTES = 65_536;

/** Most events in one frame: 2,000 moves are 100 s at the default sampling. */
export const FRAME_MAX_EVENTS = 2_000;

/** Longest string in a frame, in UTF-8 bytes, except recorded DOM, whose bound is the frame's. */
export const TEXT_MAX_BYTES = 4_096;

/** Most boxes in one page layout. */
export const LAYOUT_MAX_BOXES = 400;

/** Page coordinates lie within ± this many CSS pixels. */
export const COORDINATE_MAX_PX = 10_000_000;

/** Position inside an element runs 0…this, from its left or top edge to its right or bottom one. */
export const ELEMENT_SCALE = 32_767;

/** Deepest scroll is reported in steps of 5 %, 0…this. */
export const REACH_STEPS = 20;

/** A frame may claim a time this far before or after the server's clock (client clocks are corrected, not trusted). */
export const CLOCK_SKEW_MAX_MS = 86_400_000;

/** Most sets of missing numbers that a session's ledger keeps apart; beyond, the oldest are declared lost. */
export const LEDGER_MAX_GAPS = 64;

/** Deepest nesting of a text message. A recorded page nests two levels per element, and pages are seldom 100 elements deep. */
export const SEED_MAX_DEPTH = 512;

/** Latest time in a frame, epoch ms: differences of two times then fit a signed varint. Lies far behind what the skew allows. */
export const TIME_MAX_MS = 2 ** 52 - 1;
