/**
 * Recorded events as they may be shown. Whoever knows an app's key can send any events as its recording, so they are taken for
 * hostile: kept is what draws a page; scripts, addresses and whatever fetches, runs, navigates or takes the focus are left out. The
 * frame's sandbox and our content security policy stand behind this.
 *
 * Pictures and fonts are not fetched: they lie with the tracked site, which would see the analyst's browser. Those that are in the
 * recording itself (`data:image/`) are drawn.
 */

/** An event of rrweb's. */
export type RecordedEvent = { readonly type: number; readonly timestamp: number; readonly data: unknown };

type Fields = Record<string, unknown>;

const FULL_SNAPSHOT = 2;
const INCREMENTAL = 3;
/** The window in which a page was. */
export const META = 4;

/** Sources of incremental events, by rrweb's numbers. */
const MUTATION = 0;
const STYLE_RULE = 8;
const STYLE_DECLARATION = 13;
const ADOPTED_STYLES = 15;
/** Scroll, size, input. */
const AS_THEY_ARE: readonly unknown[] = [3, 4, 5];

/** Never drawn, and would act. */
const ACTING_TAG = /^(script|base|object|embed|applet|frame|frameset|portal|meta|noscript|template)$/i;
/** What stands for it: hidden by the player. */
const HIDDEN_TAG = 'noscript';
const TAG = /^[a-z][\w:.-]*$/i;

const DROPPED_ATTRIBUTE =
  /^(on.*|srcdoc|srcset|imagesrcset|http-equiv|nonce|ping|autofocus|autoplay|target|download|formaction|action|background|cite|longdesc|manifest|rel|rr_media.*|rr_src|is)$/i;
const LINK_ATTRIBUTE = /^(href|xlink:href)$/i;
const PICTURE_ATTRIBUTE = /^(src|poster|data|rr_dataurl)$/i;
const PICTURE = /^data:image\/[\w.+-]+[;,]/i;

/** @returns a copy that may be shown; undefined for what is no event, or not shown */
export function harmless(given: unknown): RecordedEvent | undefined {
  if (!isFields(given) || typeof given['timestamp'] !== 'number' || !Number.isFinite(given['timestamp'])) return undefined;
  const { type, timestamp, data } = given;
  if (!isFields(data)) return undefined;
  if (type === META) {
    const { width, height, dark } = data;
    return { type, timestamp, data: { href: '', width: size(width), height: size(height), dark: dark === true } };
  }
  if (type === FULL_SNAPSHOT) {
    const offset = isFields(data['initialOffset']) ? data['initialOffset'] : {};
    return {
      type,
      timestamp,
      data: { node: harmlessNode(data['node']), initialOffset: { top: size(offset['top']), left: size(offset['left']) } },
    };
  }
  const incremental = type === INCREMENTAL ? harmlessChange(data) : undefined;
  return incremental && { type: INCREMENTAL, timestamp, data: incremental };
}

function harmlessChange(data: Fields): Fields | undefined {
  const { source } = data;
  if (AS_THEY_ARE.includes(source)) return data;
  if (source === STYLE_RULE || source === STYLE_DECLARATION || source === ADOPTED_STYLES) return harmlessStyles(data) as Fields;
  if (source !== MUTATION) return undefined;
  return {
    source,
    removes: list(data['removes']),
    texts: list(data['texts']),
    adds: list(data['adds']).map((add) => ({ ...add, node: harmlessNode(add['node']) })),
    attributes: list(data['attributes']).map((change) => ({ ...change, attributes: harmlessAttributes(change['attributes'], '') })),
    ...(data['isAttachIframe'] === true && { isAttachIframe: true }),
  };
}

/** @throws RangeError for a page nested deeper than the stack: its pack is not readable then */
function harmlessNode(given: unknown): Fields {
  if (!isFields(given)) return {};
  const node = { ...given };
  const tag = typeof node['tagName'] === 'string' && TAG.test(node['tagName']) ? node['tagName'] : HIDDEN_TAG;
  if ('tagName' in node) {
    const isHidden = ACTING_TAG.test(tag);
    node['tagName'] = isHidden ? HIDDEN_TAG : tag;
    node['attributes'] = isHidden ? {} : harmlessAttributes(node['attributes'], tag);
    if (isHidden) node['childNodes'] = [];
  }
  if ('childNodes' in node) node['childNodes'] = list(node['childNodes']).map(harmlessNode);
  return node;
}

function harmlessAttributes(given: unknown, tag: string): Fields {
  const attributes: Fields = {};
  for (const [name, value] of Object.entries(isFields(given) ? given : {})) {
    if (DROPPED_ATTRIBUTE.test(name)) continue;
    if (name === 'style' || name === '_cssText') attributes[name] = harmlessStyles(value);
    else if (LINK_ATTRIBUTE.test(name)) {
      // A link is drawn as one and leads nowhere; a part of a drawing is named by its fragment.
      if (typeof value === 'string' && value.startsWith('#')) attributes[name] = value;
      else if (tag === 'a' || tag === 'area') attributes[name] = '#';
    } else if (PICTURE_ATTRIBUTE.test(name)) {
      if (typeof value === 'string' && PICTURE.test(value)) attributes[name] = value;
    } else attributes[name] = value;
  }
  return attributes;
}

/** Every text in it as a style that fetches nothing. */
function harmlessStyles(value: unknown): unknown {
  if (typeof value === 'string') return harmlessCss(value);
  if (Array.isArray(value)) return value.map(harmlessStyles);
  return isFields(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, harmlessStyles(each)])) : value;
}

/** Styles without addresses, but for pictures that are in them and parts of the page itself. */
export function harmlessCss(text: string): string {
  return text
    .replace(/@import\b[^;]*;?/gi, '')
    .replace(/url\(\s*("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^)]*)\s*\)?/gi, (url, inner: string) =>
      /^["']?(#|data:image\/)/i.test(inner) ? url : 'url("")',
    )
    .replace(/\b(image-set|src)\(/gi, 'none(');
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);
/** Pixels; a window of more is no window. */
const size = (value: unknown): number => (typeof value === 'number' && value >= 0 && value <= 10_000_000 ? value : 0);
