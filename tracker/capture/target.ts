/**
 * Names what was clicked or hovered, so that the name lasts: it should survive the next deployment and a move within
 * the page (rules.md, Targets). The first rule that holds:
 *
 *   1. the attribute the app configured   2. a data attribute that tests use   3. an id without digits
 *   4. a class that reads like words, unique in the document   5. such a class, unique among siblings
 *   6. tag:nth-of-type        — 5 and 6 below the name of the parent, up to body, shadow root or frame
 *
 * What lies in a shadow root or in a frame of the same origin stands behind its holder's name and ` >>> `.
 */
import { stripAddress } from './page.ts';
import { around, holderOf } from './place.ts';
import { privacy } from './privacy.ts';
import { visibleText } from './visible-text.ts';

/** How a target is kept beside its event. */
export type Target = { readonly target: string; readonly tag: string; readonly text: string; readonly href: string };

const STABLE_ATTRIBUTES = ['data-testid', 'data-test', 'data-qa', 'data-cy', 'data-action'];

const ACTIONABLE =
  'a, button, input, select, textarea, label, summary, option, [role=button], [role=link], [role=tab], [role=menuitem], [onclick]';
const READABLE = `${ACTIONABLE}, h1, h2, h3, h4`;

/** Classes that say how an element is at the moment, not which one it is. */
const STATE_CLASS = /^(is|has|js)-|^(active|open|closed|selected|current|hover|focus|focused|visible|hidden|show|shown|disabled|loading)$/;

/** The element that a press at `element` means: the link around the icon, the blocked part as a whole. */
export function actionable(element: Element, attribute: string): Element {
  const named = attribute ? `[${CSS.escape(attribute)}], ` : '';
  return around(element, privacy.block) ?? around(element, named + ACTIONABLE) ?? element;
}

/** Names an element. @param attribute the app's own naming attribute, '' for none */
export function describeTarget(element: Element, attribute: string): Target {
  const link = around(element, 'a[href]') as HTMLAnchorElement | null;
  return {
    target: selectorOf(element, attribute),
    tag: element.localName,
    // A container's text is its contents' text and changes with them: it would make a new target every time.
    text: element.matches(READABLE) || element.childElementCount === 0 ? visibleText(element) : '',
    href: typeof link?.href === 'string' ? stripAddress(link.href) : '',
  };
}

/** The name alone. */
export function selectorOf(element: Element, attribute: string): string {
  const own = ownName(element, attribute);
  const { localName, parentElement, parentNode } = element;
  const isTop = !parentNode || /^(html|body)$/.test(localName);
  const name = own ?? (isTop ? localName : nameAmongSiblings(element, parentNode));
  if (!own && !isTop && parentElement) return `${selectorOf(parentElement, attribute)} > ${name}`;
  const holder = holderOf(element);
  return holder ? `${selectorOf(holder, attribute)} >>> ${name}` : name;
}

function ownName(element: Element, attribute: string): string | undefined {
  for (const name of attribute ? [attribute, ...STABLE_ATTRIBUTES] : STABLE_ATTRIBUTES) {
    const value = element.getAttribute(name);
    if (value) return `[${name}="${value.slice(0, 64).replace(/["\\]/g, '\\$&')}"]`;
  }
  const { id } = element;
  if (readsLikeWords(id)) return `#${id}`;
  const root = element.getRootNode() as Document | ShadowRoot;
  const unique = wordClasses(element).find((name) => root.querySelectorAll(`.${name}`).length === 1);
  return unique && `.${unique}`;
}

function nameAmongSiblings(element: Element, parent: ParentNode): string {
  const siblings = [...parent.children];
  const unique = wordClasses(element).find((name) => siblings.every((other) => other === element || !other.classList.contains(name)));
  if (unique) return `.${unique}`;
  const nth = siblings.filter((other) => other.localName === element.localName).indexOf(element) + 1;
  return `${element.localName}:nth-of-type(${nth})`;
}

const wordClasses = (element: Element) => [...element.classList].filter((name) => !STATE_CLASS.test(name) && readsLikeWords(name));

/**
 * True for names that a person wrote: `add-to-basket`, `navItem`, `card__title`. False for `css-1q2w3e`, `sc-bdVaJa`,
 * `_3kFq`: what a build tool made is another one after the next build.
 */
export function readsLikeWords(name: string): boolean {
  return name.split(/--?|__?/).every(isSpoken);
}

function isSpoken(part: string): boolean {
  if (!/^[a-z]+$/i.test(part)) return false;
  const humps = part.match(/[A-Z]*[a-z]+|[A-Z]+/g) ?? [];
  // Words of two letters are common in names (to, in, nav's "md"), humps of two letters only in hashes.
  if (humps.length > 1 && humps.some((hump) => hump.length < 3)) return false;
  return humps.every((hump) => hump.length <= 3 || /[aeiouy]/i.test(hump));
}
