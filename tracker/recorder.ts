/**
 * datalab-recorder.js: records the page's DOM (package rrweb), and packs it. Loaded by the extra where the server asks for it. Recorded
 * are the DOM with its styles and how it changes, scrolling, the size of the window, and that something is typed, never what
 * (record/scrub.ts). Not recorded: the pointer, selections and media; canvases, pictures, fonts and frames of other origins.
 *
 * The page's own tracker is asked by names that its build does not shorten.
 */
import { EventType, type eventWithTime, record } from 'rrweb';
import { canPack, createPacks, fitsAlone, type PacksHost } from './record/packs.ts';
import { keepPageErrors } from './record/page-errors.ts';
import { dots, hideValue, scrub } from './record/scrub.ts';

/** The whole page is taken again when something changes after this, so that a replay can begin there (rules.md, Replay). */
const SNAPSHOT_MS = 300_000;
/** Already after this, if so much JSON has come since. */
const SNAPSHOT_SOON_MS = 240_000;
const SNAPSHOT_SOON_CHARS = 10_000_000;
/** Two positions of one scroll are at least this far apart. */
const SCROLL_MS = 100;

export type RecorderHost<Page> = PacksHost<Page> & {
  /** Selector of elements whose text is masked. */ readonly mask: string;
  /** Selector of elements into which nobody looks. */ readonly block: string;
  /** Makes an address one that may leave. */ readonly strip: (address: string) => string;
  /** Calls once, when the page has nothing to do. */ readonly idle: (fn: () => void) => void;
  /** An error of the recorder's own. None reaches the page. */ readonly failed: (error: unknown) => void;
  /** Told once whether the page is recorded: not if it is too large, or if this browser cannot pack what is not small. */
  readonly begun: (isRecording: boolean) => void;
};

export type Recorder = {
  /** Lets go of what waits. @param isLeft there may be no later */ readonly settle: (isLeft: boolean) => void;
  readonly end: () => void;
};

/** Takes the whole page at once, then tells every change. */
export function startRecorder<Page>(host: RecorderHost<Page>): Recorder {
  let isEnded = false;
  let isKnown = false;
  let snapshotMs = 0;
  let charsSince = 0;
  let isAsked = false;
  let stopRecord: (() => void) | undefined;

  const stop = () => {
    isEnded = true;
    stopRecord?.();
    pageErrors.end();
  };
  const know = (isRecording: boolean) => {
    if (isKnown || isEnded) return;
    isKnown = true;
    if (!isRecording) {
      stop();
      packs.drop();
    }
    host.begun(isRecording);
  };
  const packs = createPacks(host, know);
  const isPacked = canPack();
  const sendUnpacked = (json: string, { type, timestamp }: eventWithTime) => {
    const isSmall = fitsAlone(json);
    if (type === EventType.FullSnapshot) know(isSmall);
    if (isSmall && !isEnded) host.sendOne(json, timestamp, host.pageNow());
  };
  const again = () => {
    isAsked = false;
    if (!isEnded) record.takeFullSnapshot(true);
  };
  const hear = (event: eventWithTime) => {
    // Styles may ask for it, and whoever replays the page may prefer the other.
    if (event.type === EventType.Meta) Object.assign(event.data, { dark: matchMedia('(prefers-color-scheme: dark)').matches });
    const json = JSON.stringify(event);
    if (isPacked) packs.add(json, event.timestamp);
    else sendUnpacked(json, event);
    charsSince += json.length;
    const ageMs = event.timestamp - snapshotMs;
    if (event.type === EventType.FullSnapshot) {
      snapshotMs = event.timestamp;
      charsSince = 0;
    } else if (snapshotMs && !isAsked && (ageMs > SNAPSHOT_MS || (ageMs > SNAPSHOT_SOON_MS && charsSince > SNAPSHOT_SOON_CHARS))) {
      isAsked = true;
      host.idle(again);
    }
  };
  const scrubOptions = { ...host, nodeOf: (id: number) => record.mirror.getNode(id) };
  const pageErrors = keepPageErrors();
  stopRecord = record({
    emit: (event) => {
      try {
        if (!isEnded && scrub(event, scrubOptions)) hear(event);
      } catch (error) {
        // What could not be looked through does not leave.
        host.failed(error);
      }
    },
    errorHandler: (error) => {
      if (pageErrors.has(error)) return false;
      host.failed(error);
      return true;
    },
    maskTextSelector: host.mask,
    maskTextFn: dots,
    // Every field by its tag: a list of types leaves out the hidden ones.
    maskInputOptions: { input: true, textarea: true, select: true } as object,
    maskInputFn: hideValue,
    blockSelector: host.block,
    slimDOMOptions: 'all',
    inlineStylesheet: true,
    sampling: { mousemove: false, mouseInteraction: false, scroll: SCROLL_MS },
  });
  if (isEnded) stop();
  else if (snapshotMs === 0) know(false);
  else packs.pack();
  return {
    settle: (isLeft) => (isLeft ? packs.handOver(false) : packs.pack()),
    end() {
      if (isEnded) return;
      stop();
      packs.handOver(true);
    },
  };
}
