/**
 * What of a recorded page may leave the browser. It is asked of the page's own nodes, through shadow roots and frames, whatever
 * rrweb itself has masked before.
 *
 * Never leaves: what is typed or chosen (each value becomes the same few dots, whatever its length; checkboxes, radio buttons and
 * options do not say whether they are chosen), text of masked elements and of what is edited in place, everything inside blocked
 * elements, queries and fragments of addresses, handlers, `srcdoc`, nonces, the content of meta elements, long `data:` addresses.
 * Stays: all other text and attributes, `data-*` among them, and style sheets, whose addresses lose their queries, too.
 */
import { EventType, type eventWithTime, IncrementalSource } from 'rrweb';
import { around, holderOf, isElement } from '../capture/place.ts';

export type Scrub = {
  /** Selector of elements whose text is masked. */ readonly mask: string;
  /** Selector of elements into which nobody looks. */ readonly block: string;
  /** Makes an address one that may leave. */ readonly strip: (address: string) => string;
  /** The page's node of an id in a recorded event; null if it has gone. */ readonly nodeOf: (id: number) => Node | null;
};

type SnapshotEvent = Extract<eventWithTime, { type: EventType.FullSnapshot }>;
type Incremental = Extract<eventWithTime, { type: EventType.IncrementalSnapshot }>['data'];
type RecordedNode = SnapshotEvent['data']['node'];
type MutationData = Extract<Incremental, { source: IncrementalSource.Mutation }>;
/** As the whole element has them, or a change; styles that changed are said one by one. */
type Attributes = Record<string, unknown>;

const EDITED = '[contenteditable]:not([contenteditable=false])';
/** Parts of fields whose text is somebody's choice or draft. */
const FIELD_TEXT = 'textarea, select, option, datalist';
const DOTS = '••••••';

const DROPPED_ATTRIBUTE = /^(on.*|srcdoc|srcset|imagesrcset|nonce|integrity|ping|checked|selected|rr_dataurl)$/i;
const ADDRESS_ATTRIBUTE = /^(href|src|action|formaction|poster|data|cite|background|longdesc|manifest|xlink:href|rr_src)$/i;
/** Of a masked element they are text as well. */
const TEXT_ATTRIBUTE =
  /^(title|alt|placeholder|label|abbr|content|summary|aria-(label|description|valuetext|placeholder|roledescription))$/i;
/** Longer `data:` addresses are pictures: what is recorded is the page around them. */
const DATA_ADDRESS_MAX_CHARS = 4_096;

/** Text of the same length, in dots. */
export const dots = (text: string): string => text.replace(/\S/g, '•');

/** What stands for a value. */
export const hideValue = (value: string): string => (value ? DOTS : '');

/**
 * Takes out of an event what may not leave. The event is changed.
 * @returns false for an event that is not wanted at all: our own events tell of the pointer, and nobody asks for selections and media
 */
export function scrub(event: eventWithTime, options: Scrub): boolean {
  if (event.type === EventType.Meta) event.data.href = options.strip(event.data.href);
  else if (event.type === EventType.FullSnapshot) scrubNode(event.data.node, false, options);
  else return event.type === EventType.IncrementalSnapshot && scrubIncremental(event.data, options);
  return true;
}

function scrubIncremental(data: Incremental, options: Scrub): boolean {
  switch (data.source) {
    case IncrementalSource.Mutation:
      scrubMutation(data, options);
      return data.adds.length + data.removes.length + data.texts.length + data.attributes.length > 0;
    case IncrementalSource.Input: {
      const field = options.nodeOf(data.id) as HTMLInputElement | null;
      data.text = hideValue(data.text);
      return !/^(checkbox|radio)$/.test(field?.type ?? '') && !isInside(field, options.block);
    }
    case IncrementalSource.Scroll:
      return !isInside(options.nodeOf(data.id), options.block);
    case IncrementalSource.StyleSheetRule:
      for (const added of data.adds ?? []) added.rule = scrubStyles(added.rule);
      if (data.replace) data.replace = scrubStyles(data.replace);
      if (data.replaceSync) data.replaceSync = scrubStyles(data.replaceSync);
      return true;
    case IncrementalSource.StyleDeclaration:
      if (data.set?.value) data.set.value = scrubStyles(data.set.value);
      return true;
    case IncrementalSource.AdoptedStyleSheet:
      for (const { rules } of data.styles ?? []) for (const added of rules) added.rule = scrubStyles(added.rule);
      return true;
    case IncrementalSource.ViewportResize:
      return true;
    default:
      return false;
  }
}

/** What was added comes one by one, each knowing nothing of what is around it. */
function scrubMutation(data: MutationData, options: Scrub): void {
  const isSeen = ({ id }: { readonly id: number }) => !isInside(options.nodeOf(id), options.block);
  data.adds = data.adds.filter(({ node }) => isSeen(node));
  data.texts = data.texts.filter(isSeen);
  data.attributes = data.attributes.filter(isSeen);
  for (const { node } of data.adds) scrubNode(node, isMasked(elementOf(options.nodeOf(node.id)), options), options);
  for (const text of data.texts) {
    const element = elementOf(options.nodeOf(text.id));
    text.value = scrubText(text.value ?? '', element?.localName, isMasked(element, options), element);
  }
  for (const { id, attributes } of data.attributes) {
    const element = elementOf(options.nodeOf(id));
    if (element) scrubAttributes(attributes, element.localName, isMasked(element, options), element, options);
  }
}

/** @param masked whether something around it is masked */
function scrubNode(node: RecordedNode, masked: boolean, options: Scrub, parent?: string): void {
  const real = options.nodeOf(node.id);
  if ('tagName' in node) {
    const inside = masked || (isElement(real) && real.matches(`${options.mask}, ${EDITED}`));
    if (isElement(real)) scrubAttributes(node.attributes, node.tagName, inside, real, options);
    for (const child of node.childNodes) scrubNode(child, inside, options, node.tagName);
  } else if ('childNodes' in node) {
    const inside = masked || (real as Document | null)?.designMode === 'on';
    for (const child of node.childNodes) scrubNode(child, inside, options);
  } else if ('textContent' in node) {
    const element = elementOf(real);
    node.textContent = scrubText(node.textContent, parent ?? element?.localName, masked, element);
  }
}

function scrubText(text: string, parent: string | undefined, masked: boolean, element: Element | null): string {
  if (parent === 'style') return scrubStyles(text);
  return masked || element?.matches(FIELD_TEXT) ? dots(text) : text;
}

function scrubAttributes(attributes: Attributes, tag: string, masked: boolean, element: Element, options: Scrub): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (isDropped(name, tag, masked, element)) delete attributes[name];
    else if (name === 'style' || name === '_cssText') attributes[name] = scrubStyleValue(value);
    else if (typeof value !== 'string') continue;
    else if (name === 'value') attributes[name] = scrubValue(value, tag, masked, element);
    else if (ADDRESS_ATTRIBUTE.test(name)) attributes[name] = masked ? '' : scrubAddress(value, options.strip);
    else if (masked && TEXT_ATTRIBUTE.test(name)) attributes[name] = dots(value);
  }
  // Pictures are not recorded: what stands for them in a replay is as large as they were.
  if (/^(img|video)$/.test(tag) && 'src' in attributes && !('rr_width' in attributes)) {
    const { width, height } = element.getBoundingClientRect();
    if (width > 0 && height > 0) Object.assign(attributes, { rr_width: `${width}px`, rr_height: `${height}px` });
  }
}

function isDropped(name: string, tag: string, masked: boolean, element: Element): boolean {
  if (DROPPED_ATTRIBUTE.test(name) || (masked && name.startsWith('data-'))) return true;
  // Tokens and people stand there; how wide the page is does, too.
  return tag === 'meta' && name === 'content' && element.getAttribute('name') !== 'viewport';
}

function scrubValue(value: string, tag: string, masked: boolean, element: Element): string {
  const isLabel =
    /^(li|progress|meter)$/.test(tag) || (tag === 'input' && /^(button|submit|reset)$/.test((element as HTMLInputElement).type));
  return isLabel ? (masked ? dots(value) : value) : hideValue(value);
}

function scrubAddress(address: string, strip: Scrub['strip']): string {
  if (address.startsWith('#')) return address;
  if (address.startsWith('data:')) return address.length > DATA_ADDRESS_MAX_CHARS ? '' : address;
  try {
    return strip(address);
  } catch {
    // Not an address.
    return '';
  }
}

/** Queries and fragments in the addresses of styles go, and long pictures with them; a fragment alone names a part of the page. */
function scrubStyles(text: string): string {
  return text
    .replace(/(url\(\s*["']?(?!data:)[^"')?#]+)[?#][^"')]*/gi, '$1')
    .replace(/url\(\s*("data:[^"]*"|'data:[^']*'|data:[^)]*)\s*\)/gi, (url) => (url.length > DATA_ADDRESS_MAX_CHARS ? 'url()' : url));
}

/** A text, or changed properties: value, value with priority, or false where one was taken away. */
function scrubStyleValue(value: unknown): unknown {
  if (typeof value === 'string') return scrubStyles(value);
  if (Array.isArray(value)) return value.map(scrubStyleValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, scrubStyleValue(each)]));
}

/** An element itself, or the one around a text; of a text right in a shadow root its host, of a frame's document the frame. */
function elementOf(node: Node | null): Element | null {
  if (!node || isElement(node)) return node;
  if (node.parentElement) return node.parentElement;
  const root: Node & Partial<Pick<ShadowRoot, 'host'> & Pick<Document, 'defaultView'>> = node.getRootNode();
  return root.host ?? root.defaultView?.frameElement ?? null;
}

function isMasked(element: Element | null, { mask }: Scrub): boolean {
  return element !== null && (around(element, `${mask}, ${EDITED}`) !== null || element.ownerDocument.designMode === 'on');
}

/** True inside an element that matches, but not for the element itself. */
function isInside(node: Node | null, selector: string): boolean {
  const element = elementOf(node);
  if (!element) return false;
  const outer = element === node ? (element.parentElement ?? holderOf(element)) : element;
  return outer !== null && around(outer, selector) !== null;
}
