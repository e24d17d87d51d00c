import { around, isElement } from './place.ts';
import { privacy } from './privacy.ts';

/** Longest text kept of an element, in characters. */
export const TEXT_MAX_CHARS = 64;

/** What people type, and what nobody reads. */
const NEVER_READ = 'input, textarea, select, script, style, noscript, [contenteditable]:not([contenteditable=false]), ';

const isText = (node: Node): node is Text => node.nodeType === 3;

/**
 * The text an element shows, in one line. Never what was typed; masked where the page says so (rules.md, Privacy).
 * @param maxChars longest answer; reading stops there, so a large element costs no more than a small one
 */
export function visibleText(element: Element, maxChars = TEXT_MAX_CHARS): string {
  const neverRead = NEVER_READ + privacy.block;
  if (around(element, neverRead)) return '';
  let text = '';
  const read = (node: Node, masked: boolean): void => {
    for (let child = node.firstChild; child && text.length <= maxChars; child = child.nextSibling) {
      if (isText(child)) {
        const words = child.data.replace(/\s+/g, ' ');
        text += masked ? words.replace(/\S/g, '•') : words;
      } else if (isElement(child) && !child.matches(neverRead)) {
        read(child, masked || child.matches(privacy.mask));
      }
    }
  };
  read(element, around(element, privacy.mask) !== null);
  return text.replace(/\s+/g, ' ').trim().slice(0, maxChars);
}
