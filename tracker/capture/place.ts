/**
 * Where an element lies: on the page itself, in a shadow root, or in a frame of the same origin, each inside the other as deep as
 * they like. What lies in a frame is of another realm, so nothing here asks `instanceof`.
 */

/** True for an element of whichever frame. */
export const isElement = (node: unknown): node is Element => (node as Node | null)?.nodeType === 1;

/** The host of the shadow root, or the frame, that an element lies in; null for one that lies on the page itself. */
export function holderOf(element: Element): Element | null {
  const root: Node & Partial<Pick<ShadowRoot, 'host'> & Pick<Document, 'defaultView'>> = element.getRootNode();
  if (root === document) return null;
  // Asked by type: a link that was taken out of the page is its own root, and has a `host`, too.
  return (root.nodeType === 11 ? root.host : root.defaultView?.frameElement) ?? null;
}

/** As closest(), and on through what holds the element. */
export function around(element: Element, selector: string): Element | null {
  const found = element.closest(selector);
  const holder = found ? null : holderOf(element);
  return holder ? around(holder, selector) : found;
}
