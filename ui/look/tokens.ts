/** The tokens of tokens.css for what draws itself: charts and canvases. */

/** Reads a token, like `--ink`. */
export type Token = (name: string) => string;

/** The tokens as the page has them now. */
export function pageTokens(): Token {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(name).trim();
}
