/** The snippet's way for sites that are built: the same server and key, as the npm package takes them. */

/** @param snippet the script tag @returns the lines to write; '' where the tag is another than ours */
export function npmSnippet(snippet: string): string {
  const api = /\bsrc="([^"]+)\/[^"/]+"/.exec(snippet)?.[1];
  const key = /\bdata-app="([^"]+)"/.exec(snippet)?.[1];
  if (api === undefined || key === undefined) return '';
  return `import { start } from "datalab/tracker";\n\nstart({ app: "${key}", api: "${api}" });`;
}
