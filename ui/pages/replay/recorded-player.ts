/** The recorded page as it stood at a time (package rrweb). In a chunk of its own: only replays of recorded sessions load it. */
import { type eventWithTime, Replayer } from 'rrweb';
import { META, type RecordedEvent } from './harmless.ts';
import { adoptStyles, prepareFrames, prepareRealm, type Scheme } from './recorded-realm.ts';

export type RecordedPage = {
  /** Takes the events of the session, again whenever it has grown. @param events in the order of time */
  feed(events: readonly RecordedEvent[]): void;
  /** Draws the page as it stood. @returns how far it was scrolled; undefined if it cannot be drawn */
  show(atMs: number, size: { readonly width: number; readonly height: number }): { readonly top: number } | undefined;
  end(): void;
};

/** @param root is empty, and in the document */
export function createRecordedPage(root: HTMLElement): RecordedPage {
  let fed: readonly RecordedEvent[] = [];
  let replayer: Replayer | null = null;
  /** How many events the page stands after. */
  let drawn = -1;
  let scheme: Scheme = 'light';
  const schemeNow = () => scheme;

  const drop = () => {
    replayer?.destroy();
    replayer = null;
    drawn = -1;
  };
  const build = () => {
    const made = new Replayer(fed.map(copyOf), {
      root,
      // Events may come while it is shown, and the last one is not its end.
      liveMode: true,
      // Elements would be built in our own document, where nothing is prepared for them.
      useVirtualDom: false,
      mouseTail: false,
      triggerFocus: false,
      showWarning: false,
      plugins: [{ handler: () => made.iframe.contentDocument && prepareFrames(made.iframe.contentDocument, schemeNow) }],
    });
    // Its own rules would be written into the page.
    Object.assign(made, { insertStyleRules: () => {} });
    prepareRealm(made.iframe.contentWindow as Window & typeof globalThis, schemeNow);
    // Nobody comes into it, by pointer or by keyboard.
    made.iframe.inert = true;
    made.iframe.title = 'Recorded page';
    return made;
  };
  return {
    feed(events) {
      const before = fed;
      fed = events;
      const isMore = before.length <= events.length && before.at(-1) === events[before.length - 1];
      if (!isMore) drop();
      else if (replayer && events.length > before.length) {
        for (const event of events.slice(before.length)) replayer.addEvent(copyOf(event));
        // They are taken a moment later: what is drawn next is drawn with them.
        queueMicrotask(() => {
          drawn = -1;
        });
      }
    },
    show(atMs, { width, height }) {
      const first = fed[0];
      if (!first) return undefined;
      try {
        const place = countUntil(fed, atMs);
        if (!replayer) replayer = build();
        if (place !== drawn) {
          scheme = schemeAt(fed, place);
          // What happens at this very millisecond is over.
          replayer.pause(atMs - first.timestamp + 1);
          drawn = place;
          if (replayer.iframe.contentDocument) adoptStyles(replayer.iframe.contentDocument);
        }
        replayer.iframe.style.colorScheme = scheme;
        replayer.iframe.style.width = `${width}px`;
        replayer.iframe.style.height = `${height}px`;
        return { top: replayer.iframe.contentWindow?.scrollY ?? 0 };
      } catch {
        // A recording that makes no page: the wireframe is drawn instead.
        drop();
        return undefined;
      }
    },
    end: drop,
  };
}

/** The player changes what it is given. */
const copyOf = (event: RecordedEvent) => structuredClone(event) as eventWithTime;

/** What the visitor preferred, as the recorder said last. */
function schemeAt(events: readonly RecordedEvent[], place: number): Scheme {
  for (let at = place - 1; at >= 0; at--) {
    const event = events[at];
    if (event?.type === META) return (event.data as { readonly dark?: boolean }).dark ? 'dark' : 'light';
  }
  return 'light';
}

function countUntil(events: readonly RecordedEvent[], atMs: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((events[middle]?.timestamp ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
