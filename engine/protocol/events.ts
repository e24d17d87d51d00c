/**
 * Every event there is, as one table: the number on the wire, and each field with its wire type. The codec walks the
 * table in both directions and the TypeScript types come from it, so a shape is declared here and nowhere else.
 *
 * Rows are only ever appended; changing one needs a new FRAME_VERSION (SPEC CO6).
 */

/**
 * How a field crosses the wire.
 * - `uint`: unsigned varint, 0…2^53−1
 * - `x`, `y`: page coordinate in CSS pixels (scroll included), as signed varint delta to the frame's previous x or y
 * - `text`: string of at most TEXT_MAX_BYTES; a repeated string costs one byte
 * - `blob`: string bounded only by the frame, never remembered for repetition
 * - `bytes`: bytes bounded only by the frame
 * - `boxes`: the rectangles of a page layout
 */
export type FieldType = 'uint' | 'x' | 'y' | 'text' | 'blob' | 'bytes' | 'boxes';

/** One rectangle of a page's layout: what replay and heatmaps are drawn over. Never holds what a visitor typed. */
export type LayoutBox = {
  /** Lower-case tag name. */ readonly tag: string;
  /** Left edge in CSS pixels from the page's left. */ readonly x: number;
  /** Top edge in CSS pixels from the page's top. */ readonly y: number;
  /** Width in CSS pixels. */ readonly w: number;
  /** Height in CSS pixels. */ readonly h: number;
  /** Label shown inside (masking applied), or ''. */ readonly text: string;
};

export const EVENTS = {
  /** A page was loaded. Counts as a page view. */
  start: {
    wire: 1,
    fields: {
      title: 'text',
      /** Address of the page before, of any site, without query and fragment; '' if none. */
      referrer: 'text',
    },
  },
  /** A press of a mouse button or a tap. */
  click: {
    wire: 2,
    fields: {
      x: 'x',
      y: 'y',
      /** Selector of the target (rules.md, Targets). */ target: 'text',
      /** Lower-case tag name. */ tag: 'text',
      /** Visible text, ≤ 64 characters, masking applied. */ text: 'text',
      /** Link address if it is one, without query and fragment. */ href: 'text',
      /** Position inside the target, 0…ELEMENT_SCALE. */ elementX: 'uint',
      elementY: 'uint',
      /** MouseEvent.button. */ button: 'uint',
      /** From entering the target to the press. */ hesitationMs: 'uint',
      /** 1 if the target is fixed to the viewport. */ fixed: 'uint',
    },
  },
  /** The address changed. `elapsedMs` is the time on `from`. A full load (`cause` load) repeats what `leave` said. */
  urlchange: {
    wire: 3,
    fields: {
      from: 'text',
      to: 'text',
      elapsedMs: 'uint',
      /** push, replace, pop, hash or load. */ cause: 'text',
    },
  },
  /** The pointer rested on a target. `atMs` is when it came. */
  hover: {
    wire: 4,
    fields: { x: 'x', y: 'y', target: 'text', tag: 'text', text: 'text', dwellMs: 'uint' },
  },
  /** The pointer was here. `restMs` is how long it then stayed. */
  move: { wire: 5, fields: { x: 'x', y: 'y', restMs: 'uint' } },
  /** The page was scrolled. `reach` is the deepest share seen so far, in steps of 5 %, 0…REACH_STEPS. */
  scroll: { wire: 6, fields: { /** Top of the viewport in the page, px. */ top: 'uint', reach: 'uint' } },
  /** The site's own event. `props` is flat JSON. */
  custom: { wire: 7, fields: { name: 'text', props: 'text' } },
  /** The site says who the visitor is: a stable id of its own. */
  identify: { wire: 8, fields: { id: 'text' } },
  /** An uncaught error of the page's own scripts. */
  error: { wire: 9, fields: { message: 'text', stack: 'text' } },
  /** A web vital; CLS is carried in thousandths. */
  vital: { wire: 10, fields: { name: 'text', value: 'uint' } },
  /** A recorded piece of DOM (rrweb JSON), or what a seed client calls SESSION_RECORD. */
  dom: { wire: 11, fields: { json: 'blob' } },
  /** The rectangles of the visible page. */
  layout: { wire: 12, fields: { boxes: 'boxes' } },
  /** The page was left: how long it was open since its start or last urlchange. */
  leave: { wire: 13, fields: { elapsedMs: 'uint' } },
  /** Clicks in anger: `count` of them in quick succession in one place (rules.md, Events). `atMs` and place are the latest's. */
  rage: { wire: 14, fields: { x: 'x', y: 'y', target: 'text', tag: 'text', text: 'text', count: 'uint' } },
  /** A click that the page did not react to. `atMs` and place are the click's. */
  dead: { wire: 15, fields: { x: 'x', y: 'y', target: 'text', tag: 'text', text: 'text' } },
  /** A form is filled in. Never a value. */
  form: {
    wire: 16,
    fields: {
      /** Selector of the form. */ form: 'text',
      /** Name of the field, else its selector; '' for what concerns the whole form. */ field: 'text',
      /** focus, change, submit or abandon (left without a submit). */ step: 'text',
      /** Since the field, or for the whole form its first one, got the focus. */ elapsedMs: 'uint',
    },
  },
  /** A link was followed that fetches a file (`what` is download) or leads to another site (outbound). */
  link: { wire: 17, fields: { /** Without query and fragment. */ href: 'text', what: 'text', target: 'text', text: 'text' } },
  /** A container within the page was scrolled; `top` and `reach` as of scroll, but of its own height. */
  innerscroll: { wire: 18, fields: { target: 'text', top: 'uint', reach: 'uint' } },
  /** The page was looked at: visible and with the focus for so long, since its start, its last urlchange or the last of these. */
  engaged: { wire: 19, fields: { engagedMs: 'uint' } },
  /** The tracker applied what the server wants captured (SPEC CT2): how it captures from now on. */
  configured: {
    wire: 20,
    fields: {
      /** Of the TrackerConfig that it applied. */ revision: 'uint',
      moveSampleMs: 'uint',
      /** 1 if the DOM is being recorded: 0 although it is wanted where the recorder could not be loaded. */ recording: 'uint',
      /** 1 if nothing is captured. */ paused: 'uint',
      /** Selector of what is masked on the server's word; what is no selector is not taken. */ mask: 'text',
    },
  },
  /**
   * Recorded DOM: a JSON array of rrweb's events, deflated (raw), in `parts` pieces of which this is number `part`, from 0. Pieces of
   * one array follow each other. `atMs` is its first event's; the others' times count from that one's.
   */
  dompack: { wire: 21, fields: { part: 'uint', parts: 'uint', deflated: 'bytes' } },
} as const satisfies Record<string, { wire: number; fields: Record<string, FieldType> }>;

export type EventKind = keyof typeof EVENTS;

type ValueOf<F extends FieldType> = F extends 'boxes'
  ? readonly LayoutBox[]
  : F extends 'bytes'
    ? Uint8Array
    : F extends 'text' | 'blob'
      ? string
      : number;
type FieldsOf<K extends EventKind> = (typeof EVENTS)[K]['fields'];

/** An event of one kind. `atMs` is epoch milliseconds, corrected by the clock offset measured at hello. */
export type EventOf<K extends EventKind> = K extends EventKind
  ? { readonly kind: K; readonly atMs: number } & {
      readonly [F in keyof FieldsOf<K>]: FieldsOf<K>[F] extends FieldType ? ValueOf<FieldsOf<K>[F]> : never;
    }
  : never;

/** One thing that happened. */
export type Event = EventOf<EventKind>;

/** The page that a frame's events happened on. A frame never spans two addresses. */
export type PageContext = {
  /** Address without query and fragment unless configured, e.g. `https://shop.example/basket`. */
  readonly url: string;
  /** Layout viewport in CSS pixels. */
  readonly viewportWidth: number;
  readonly viewportHeight: number;
  /** Scrollable size of the page in CSS pixels. */
  readonly pageWidth: number;
  readonly pageHeight: number;
};

/** What the main thread reads of a frame: everything but the page and the events. */
export type FrameHeader = {
  /** Number of the first event; events of a session are numbered 1, 2, 3 … */
  readonly firstSeq: number;
  /** How many events; 0 for a bare goodbye. */
  readonly count: number;
  /** The lowest number that the tracker still holds: what is below and not stored will never come (SPEC AK5). */
  readonly baseSeq: number;
  /** The tab says goodbye with this frame. */
  readonly goodbye: boolean;
  /** Epoch milliseconds that the events' times count from. */
  readonly startMs: number;
};

/** A run of events of one session, numbered: what crosses the socket. */
export type Frame = Omit<FrameHeader, 'count'> & { readonly page: PageContext; readonly events: readonly Event[] };

/** Width class of a viewport, by which heat is kept apart (rules.md, Heatmaps). */
export const WIDTH_CLASSES = ['mobile', 'tablet', 'laptop', 'desktop'] as const;
export type WidthClass = (typeof WIDTH_CLASSES)[number];

/** @param widthPx viewport width in CSS pixels */
export function widthClass(widthPx: number): WidthClass {
  return widthPx < 576 ? 'mobile' : widthPx < 992 ? 'tablet' : widthPx < 1440 ? 'laptop' : 'desktop';
}
