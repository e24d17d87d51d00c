import type { EventOf, PageContext } from '../../engine/protocol/events.ts';
import { type Emit, type Env, type Judge, later, listen, type Stop } from './env.ts';
import { around } from './place.ts';

/** A page has so long to change after a click (rules.md, Events), */
export const MUTATION_MAX_MS = 2_500;
/** so long to scroll or to select, */
export const SCROLL_MAX_MS = 100;
/** and so long to move the focus, to hide, or to open something on top of it. */
export const FOCUS_MAX_MS = 1_000;

/** What reacts in ways that nobody can see from here, and fields, whose reaction is the focus. */
const NEVER_JUDGED =
  'canvas, video, audio, object, embed, input, select, textarea, option, label, [contenteditable]:not([contenteditable=false])';
/** Elements searched for shadow roots and frames, at most. A page of more is watched as far as that. */
const SEARCHED_MAX = 5_000;

type Judged = { readonly click: EventOf<'click'>; readonly page: PageContext };

/** Reports clicks that the page did not react to. Watches for changes only while a click is being judged. */
export function startDead(emit: Emit, env: Env): Stop {
  let judged: readonly Judged[] = [];
  let cancel = () => {};
  let isWatching = false;
  /** When the button went down, and the page changed last: menus open before there is a click. */
  let pressedMs = 0;
  let changedMs = -1;
  const observer = new MutationObserver(
    env.guard(() => {
      changedMs = Date.now();
      reacted(MUTATION_MAX_MS);
    }),
  );
  const keep = (left: readonly Judged[]) => {
    cancel();
    judged = left;
    const [next] = judged;
    if (next) cancel = later(env, next.click.atMs + MUTATION_MAX_MS - Date.now(), sentence);
    else {
      observer.disconnect();
      isWatching = false;
    }
  };
  /** Acquits what was clicked within so many milliseconds. */
  const reacted = (withinMs: number) => {
    if (judged.length > 0) keep(judged.filter(({ click }) => Date.now() - click.atMs > withinMs));
  };
  const sentence = () => {
    const [first, ...rest] = judged;
    if (!first) return;
    const { atMs, x, y, target, tag, text } = first.click;
    emit({ kind: 'dead', atMs, x, y, target, tag, text }, first.page);
    keep(rest);
  };
  const look = () => {
    // Searching the page for all that can change is the dearest of a press.
    if (!isWatching) watch(observer, document);
    isWatching = true;
  };
  const pressed = () => {
    pressedMs = Date.now();
    look();
    // A drag, or a click that is not judged: what is judged meanwhile stays.
    cancelPress();
    cancelPress = later(env, FOCUS_MAX_MS, () => keep(judged));
  };
  let cancelPress = () => {};
  const judge: Judge = (click, element, event) => {
    if (event.type !== 'click' || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (around(element, NEVER_JUDGED) || leavesPage(element) || isClosed(event.composedPath()[0])) return;
    if (changedMs >= pressedMs && Date.now() - pressedMs < FOCUS_MAX_MS) return;
    look();
    for (const node of event.composedPath()) if (isRoot(node)) observe(observer, node);
    keep([...judged, { click, page: env.page() }]);
    cancelPress();
  };
  const scrolled = () => reacted(SCROLL_MAX_MS);
  const focused = () => reacted(FOCUS_MAX_MS);
  /** The address changes, the page hides or ends: it reacted, or there is nobody left to see whether it would have. */
  const settled = () => keep([]);
  const stops = [
    listen(env, window, 'pointerdown', pressed),
    () => cancelPress(),
    listen(env, window, 'scroll', scrolled),
    // Neither of these reaches the window.
    listen(env, document, 'selectionchange', scrolled),
    listen(env, document, 'load', (event) => {
      if (event.target instanceof HTMLIFrameElement) reacted(MUTATION_MAX_MS);
    }),
    ...['focusin', 'focusout', 'visibilitychange', 'toggle'].map((type) => listen(env, window, type, focused)),
  ];
  env.judges.add(judge);
  env.settlers.add(settled);
  return () => {
    for (const stop of stops) stop();
    settled();
  };
}

/** True for an element whose inside is nobody's business: its changes are not told. */
const isClosed = (target: EventTarget | undefined) => {
  const { localName = '', shadowRoot } = target as Partial<Element>;
  return localName.includes('-') && !shadowRoot;
};

const isRoot = (node: EventTarget): node is Document | ShadowRoot => 'querySelectorAll' in node && 'activeElement' in node;

function observe(observer: MutationObserver, root: Node): void {
  observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
}

/** Observes a document and what it holds: changes in shadow roots and frames are not told outside them. */
function watch(observer: MutationObserver, root: Document | ShadowRoot): void {
  let searched = 0;
  const into = (inner: Document | ShadowRoot): void => {
    observe(observer, inner);
    for (const { shadowRoot } of inner.querySelectorAll('*')) {
      if (++searched > SEARCHED_MAX) return;
      if (shadowRoot) into(shadowRoot);
    }
    for (const { contentDocument } of inner.querySelectorAll('iframe')) if (contentDocument) into(contentDocument);
  };
  into(root);
}

function leavesPage(element: Element): boolean {
  const link = around(element, 'a[href], area[href]') as HTMLAnchorElement | null;
  // A link of an SVG has another kind of href.
  if (typeof link?.href !== 'string') return link !== null;
  if (link.protocol === 'javascript:') return false;
  const [page] = location.href.split('#');
  return link.href.split('#')[0] !== page || link.hasAttribute('download') || !['', '_self'].includes(link.target);
}
