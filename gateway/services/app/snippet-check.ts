/** Whether a page has the app's snippet, and whether it works there; said in words. */
import type { SnippetCheckAnswer } from '../../../engine/protocol/administration.ts';
import type { Page } from './fetch-page.ts';
import { type Tag, tagsOf } from './page-tags.ts';
import { obstacleOf } from './security-policy.ts';

/** The app's public keys. `ended`: refused by now. */
export type AppKeys = { readonly open: readonly string[]; readonly ended: readonly string[] };

/** Types of scripts that browsers run. */
const RUN_TYPE = /^(|(text|application)\/(x-)?(java|ecma)script)$/i;

export function checkSnippet(page: Page, keys: AppKeys): SnippetCheckAnswer {
  const problem = problemOfAnswer(page);
  if (problem) return { found: false, message: problem };
  const tags = [...tagsOf(page.html)];
  const ours = tags.filter(isOurs);
  const [tag] = ours.toSorted((a, b) => Number(isOpen(b, keys)) - Number(isOpen(a, keys)));
  if (!tag) {
    const message =
      'The page answers, but the snippet is not in it. Paste it into the page’s head. If another script inserts it, this check cannot see it: open the page, and see under Live whether it appears.';
    return { found: false, message };
  }
  const message = problemOfKey(tag, keys) ?? problemOfScript(tag, tags, page);
  return message ? { found: false, message } : { found: true, message: `The snippet is there, with the key ${keyOf(tag)}.` };
}

function problemOfAnswer({ status, contentType, html }: Page): string | null {
  if (status === 401 || status === 403)
    return `The page answered ${status}: it is not open to everybody, so this check cannot look into it.`;
  if (status < 200 || status > 299) return `The page answered ${status}. Check its address.`;
  if (contentType && !/^(text\/html|application\/xhtml\+xml)\b/i.test(contentType))
    return `This is no page, but ${contentType.split(';', 1)[0]}.`;
  return html === '' ? 'The page answered with nothing that this check can read.' : null;
}

function isOurs({ name, attributes }: Tag): boolean {
  if (name !== 'script') return false;
  return attributes.has('data-app') || /\/datalab\.js$/.test((attributes.get('src') ?? '').replace(/[?#].*/, ''));
}

const keyOf = ({ attributes }: Tag) => attributes.get('data-app') ?? '';
const isOpen = (tag: Tag, { open }: AppKeys) => open.includes(keyOf(tag));

function problemOfKey(tag: Tag, keys: AppKeys): string | null {
  if (isOpen(tag, keys)) return null;
  const key = keyOf(tag);
  const [right = ''] = keys.open;
  if (key === '') return `The snippet is there, but says no key. Add data-app="${right}" to it.`;
  if (keys.ended.includes(key)) return `The snippet is there, but its key ${key} has ended. Replace it by ${right}.`;
  return `The snippet is there, but with the key ${key}, which is not one of this app’s. Replace it by ${right}.`;
}

function problemOfScript({ attributes }: Tag, tags: readonly Tag[], { url, securityPolicies }: Page): string | null {
  const base = tags.find((tag) => tag.name === 'base' && tag.attributes.has('href'))?.attributes.get('href') ?? '';
  const type = attributes.get('type')?.trim() ?? '';
  if (/^module$/i.test(type))
    return 'The snippet is there, but as a module, which cannot see the key that stands beside it. Take type="module" away from it.';
  if (!RUN_TYPE.test(type)) return `The snippet is there, but with the type ${type}: browsers do not run it until something changes that.`;
  const src = attributes.get('src');
  const script = src === undefined ? null : URL.parse(src, (URL.parse(base, url.href) ?? url).href);
  if (!script || !/^https?:$/.test(script.protocol)) return 'The snippet is there, but loads nothing: copy it anew.';
  // As the tracker finds it.
  const api = URL.parse(attributes.get('data-api') ?? script.origin, url.href) ?? script;
  if (url.protocol === 'https:' && [script, api].some(({ protocol }) => protocol === 'http:'))
    return 'The snippet is there, but loads over http or sends over it: browsers do not allow that on a page over https. Reach this server by https, and copy the snippet anew.';
  const nonce = attributes.get('nonce') ?? '';
  const obstacle = obstacleOf([...securityPolicies, ...policiesIn(tags)], { page: url, script, api, nonce });
  if (!obstacle) return null;
  return `The snippet is there, but the page’s content security policy forbids it. Add ${obstacle.missing} to its ${obstacle.directive}.`;
}

function policiesIn(tags: readonly Tag[]): string[] {
  const metas = tags.filter(
    ({ name, attributes }) => name === 'meta' && /^content-security-policy$/i.test(attributes.get('http-equiv') ?? ''),
  );
  return metas.map(({ attributes }) => attributes.get('content') ?? '');
}
