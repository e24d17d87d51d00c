/** Longest text kept of an element, in characters. */
export const TEXT_MAX_CHARS = 64;

/** Put on an element, its text is replaced by dots. */
export const MASK_ATTRIBUTE = 'data-datalab-mask';
/** Put on an element, nothing inside it is looked at. */
export const BLOCK_ATTRIBUTE = 'data-datalab-block';

/** What people type, and what nobody reads. */
const NEVER_READ = `input, textarea, select, script, style, noscript, [contenteditable]:not([contenteditable=false]), [${BLOCK_ATTRIBUTE}]`;

/**
 * The text an element shows, in one line. Never what was typed; masked where the page says so (rules.md, Privacy).
 * @param maxChars longest answer; reading stops there, so a large element costs no more than a small one
 */
export function visibleText(element: Element, maxChars = TEXT_MAX_CHARS): string {
  if (element.closest(NEVER_READ)) return '';
  let text = '';
  const read = (node: Node, masked: boolean): void => {
    for (let child = node.firstChild; child && text.length <= maxChars; child = child.nextSibling) {
      if (child instanceof Text) {
        const words = child.data.replace(/\s+/g, ' ');
        text += masked ? words.replace(/\S/g, '•') : words;
      } else if (child instanceof Element && !child.matches(NEVER_READ)) {
        read(child, masked || child.hasAttribute(MASK_ATTRIBUTE));
      }
    }
  };
  read(element, element.closest(`[${MASK_ATTRIBUTE}]`) !== null);
  return text.replace(/\s+/g, ' ').trim().slice(0, maxChars);
}
