import { type Env, listen, type Stop } from './env.ts';

/** The frame that an element's document is shown in; nothing on the page itself. */
const frameOf = (inner: Partial<Element>) => inner.ownerDocument !== document && inner.ownerDocument?.defaultView?.frameElement;

/** In frames places are measured, which lays them out. */
const placeOf: Env['placeOf'] = (event) => {
  let { clientX: x, clientY: y } = event;
  // The document itself, or a window, has no document around it: it is no frame's.
  const first = frameOf(event.target as Partial<Element>);
  if (!first) return { x: event.pageX, y: event.pageY };
  for (let frame: Element | null | undefined | false = first; frame; frame = frameOf(frame)) {
    const { left, top } = frame.getBoundingClientRect();
    x += left + frame.clientLeft;
    y += top + frame.clientTop;
  }
  return { x: x + scrollX, y: y + scrollY };
};

/** Events that nobody hears outside the shadow root in which they happen. */
const NOT_COMPOSED = ['change', 'submit', 'scroll', 'toggle'];

/**
 * Lets what listens on the page's window hear the frames of its origin, too, and the shadow roots that somebody enters.
 * A frame that has a tracker of its own is left to it. Begins after the behaviours: it passes on to them what they listen for.
 */
export function startFrames(env: Env): Stop {
  const ended = new AbortController();
  const options = { passive: true, capture: true, signal: ended.signal };
  const known = new WeakSet<Node>();
  const isNew = (node: Node) => !known.has(node) && known.add(node);

  const enterRoot = (event: globalThis.Event) => {
    // At the window what lies in a shadow root is its host's.
    const [over] = env.overs;
    if (over?.event === event ? !over.isHost : !(event.target as Partial<Element>).shadowRoot) return;
    for (const node of event.composedPath()) {
      if (!('host' in node && 'mode' in node) || !isNew(node as ShadowRoot)) continue;
      for (const [type, { listener }] of env.heard) if (NOT_COMPOSED.includes(type)) node.addEventListener(type, listener, options);
    }
  };
  const enterFrame = (frame: unknown) => {
    // Null where the frame is of another origin.
    const inner = (frame as Partial<HTMLIFrameElement> | null)?.contentDocument;
    const view = inner?.defaultView;
    if (!inner || !view || 'datalab' in view || !isNew(inner)) return;
    env.placeOf = placeOf;
    for (const [type, { listener }] of env.heard) view.addEventListener(type, listener, options);
    enter(inner);
  };
  const enter = (page: Document) => {
    // A frame that goes to another address is another document; loads are not told to the window.
    page.addEventListener(
      'load',
      env.guard((event: globalThis.Event) => enterFrame(event.target)),
      options,
    );
    for (const frame of page.querySelectorAll('iframe, frame')) enterFrame(frame);
  };
  const stops = ['pointerover', 'focusin'].map((type) => listen(env, window, type, enterRoot));
  enter(document);
  return () => {
    for (const stop of stops) stop();
    ended.abort();
  };
}
