/**
 * Styles of a recorded page under our content security policy, which refuses styles that are written into a page. In the frame of a
 * recorded page they come by script: a style attribute as the element's declared style, a style element as a sheet that its document
 * adopts. So nothing of our policy has to be given up for replays.
 */
import { harmlessCss } from './harmless.ts';

/** Stands in the place of a style element. */
const STYLE_TAG = 'recorded-style';

type Realm = Window & typeof globalThis;

type StyleElement = HTMLElement & { readonly sheet?: CSSStyleSheet };

/** Above the page's own: nothing moves by itself, and what is not drawn has its place. */
const BASE_CSS = `
  *, *::before, *::after { animation-play-state: paused !important; transition: none !important; caret-color: transparent !important; }
  noscript, ${STYLE_TAG} { display: none !important; }
  img:not([src]), video:not([poster]), svg:has(> use:only-child:not([href], [*|href])) { background: repeating-linear-gradient(45deg, #8882 0 6px, #8884 6px 12px); }
`;

/** What the visitor preferred: styles that ask are not answered by what the analyst prefers. */
export type Scheme = 'light' | 'dark';

const bases = new WeakMap<Realm, CSSStyleSheet>();
/** Sheets that stand for a style element. */
const ofElements = new WeakSet<CSSStyleSheet>();

/** Lets a frame's window take styles by script alone. Before anything is built in it; again is no harm. */
export function prepareRealm(realm: Realm, scheme: () => Scheme): void {
  if (bases.has(realm)) return;
  const base = new realm.CSSStyleSheet();
  base.replaceSync(BASE_CSS);
  bases.set(realm, base);

  const sheets = realm.CSSStyleSheet.prototype;
  const { insertRule, replaceSync } = sheets;
  sheets.insertRule = function (this: CSSStyleSheet, rule, index) {
    return insertRule.call(this, preferring(rule, scheme()), index);
  };
  sheets.replaceSync = function (this: CSSStyleSheet, text) {
    replaceSync.call(this, preferring(text, scheme()));
  };

  const { setAttribute } = realm.Element.prototype;
  realm.Element.prototype.setAttribute = function (this: Element & Partial<ElementCSSInlineStyle>, name, value) {
    if (name.toLowerCase() === 'style') {
      if (this.style) this.style.cssText = value;
    } else setAttribute.call(this, name, value);
  };

  const { createElement, createElementNS } = realm.Document.prototype;
  const styleOf = (page: Document) => {
    const element = createElement.call(page, STYLE_TAG);
    const sheet = new realm.CSSStyleSheet();
    let text = '';
    // Asked for by whoever changes a rule: what stands in the element comes first.
    const read = () => {
      const now = element.textContent ?? '';
      if (now !== text) sheet.replaceSync(harmlessCss(now));
      text = now;
      sheet.media.mediaText = element.getAttribute('media') ?? '';
      return sheet;
    };
    Object.defineProperty(element, 'sheet', { get: read });
    return element;
  };
  const isStyle = (name: unknown) => String(name).toLowerCase() === 'style';
  realm.Document.prototype.createElement = function (this: Document, name: string) {
    return isStyle(name) ? styleOf(this) : createElement.call(this, name);
  } as Document['createElement'];
  realm.Document.prototype.createElementNS = function (this: Document, space: string, name: string) {
    return isStyle(name) ? styleOf(this) : createElementNS.call(this, space, name);
  } as Document['createElementNS'];
}

/** Styles for one who prefers this: a query about it becomes one that always or never holds. */
export function preferring(text: string, scheme: Scheme): string {
  return text
    .replace(/\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)/gi, (_, asked: string) =>
      asked.toLowerCase() === scheme ? '(min-width: 0px)' : '(max-width: 0px)',
    )
    .replace(/(^|[{;\s])color-scheme\s*:\s*(light dark|dark light)\b/gi, `$1color-scheme: ${scheme}`);
}

/** Prepares the windows of frames that have come, inside each other as deep as they like. */
export function prepareFrames(page: Document, scheme: () => Scheme): void {
  for (const frame of page.getElementsByTagName('iframe')) {
    const inner = frame.contentDocument;
    if (!inner?.defaultView) continue;
    prepareRealm(inner.defaultView as Realm, scheme);
    prepareFrames(inner, scheme);
  }
}

/** Adopts what style elements say now, in their order, in a document and everything inside it. */
export function adoptStyles(root: Document | ShadowRoot): void {
  const page = root.ownerDocument ?? (root as Document);
  const base = bases.get(page.defaultView as Realm);
  const elements = [...root.querySelectorAll<StyleElement>(STYLE_TAG)];
  const written = elements.map((element) => element.sheet).filter((sheet) => sheet !== undefined);
  for (const sheet of written) ofElements.add(sheet);
  const before = root.adoptedStyleSheets;
  // What the page adopts by itself comes after.
  const own = before.filter((sheet) => sheet !== base && !ofElements.has(sheet));
  const wanted = [...written, ...own, ...(base ? [base] : [])];
  if (wanted.length !== before.length || wanted.some((sheet, place) => sheet !== before[place])) root.adoptedStyleSheets = wanted;
  for (const element of root.querySelectorAll('*')) {
    if (element.shadowRoot) adoptStyles(element.shadowRoot);
    const inner = element.localName === 'iframe' ? (element as HTMLIFrameElement).contentDocument : null;
    if (inner?.defaultView) adoptStyles(inner);
  }
}
