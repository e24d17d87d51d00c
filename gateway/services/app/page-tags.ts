/** Start tags of a page as a browser would see them: not in comments, nor in scripts and other text. */

export type Tag = { /** Small letters. */ readonly name: string; readonly attributes: ReadonlyMap<string, string> };

/** Elements whose content is text, or does nothing. */
const OPAQUE: ReadonlySet<string> = new Set([
  'script',
  'style',
  'textarea',
  'title',
  'xmp',
  'iframe',
  'noembed',
  'noframes',
  'noscript',
  'template',
]);

// Each takes what it can and never goes back: time grows with the page's length, whatever is in it.
const NAME = /<([a-z][^\s/>]*)/iy;
const ATTRIBUTE = /[\s/]*([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)))?/y;

export function* tagsOf(html: string): Generator<Tag> {
  // Not by toLowerCase: a Turkish İ would become two characters, and places others.
  const lower = html.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
  let at = html.indexOf('<');
  while (at !== -1) {
    let end = at + 1;
    NAME.lastIndex = at;
    const [opened, given] = NAME.exec(html) ?? [];
    // Its first two dashes may be its last: `<!-->`.
    if (html.startsWith('<!--', at)) end = endOf(html, '-->', at + 2);
    else if (opened !== undefined && given !== undefined) {
      const name = given.toLowerCase();
      const attributes = new Map<string, string>();
      end = readAttributes(html, at + opened.length, attributes);
      yield { name, attributes };
      if (OPAQUE.has(name)) end = endOf(lower, `</${name}`, end);
    }
    at = html.indexOf('<', end);
  }
}

/** @returns where the tag ends */
function readAttributes(html: string, from: number, attributes: Map<string, string>): number {
  let at = from;
  for (;;) {
    ATTRIBUTE.lastIndex = at;
    const found = ATTRIBUTE.exec(html);
    if (!found) return at;
    const [, name = '', double, single, bare] = found;
    const key = name.toLowerCase();
    // Of two the first counts.
    if (!attributes.has(key)) attributes.set(key, (double ?? single ?? bare ?? '').replaceAll('&amp;', '&'));
    at = ATTRIBUTE.lastIndex;
  }
}

/** What does not end takes the rest of the page. */
function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at === -1 ? text.length : at + mark.length;
}
