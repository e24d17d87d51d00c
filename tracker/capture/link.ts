import { type Emit, type Env, listen, type Stop } from './env.ts';
import { around, isElement } from './place.ts';
import { privacy } from './privacy.ts';
import { describeTarget } from './target.ts';

/** What browsers save, or hand to another program, rather than show as a page. */
const FILE =
  /\.(7z|apk|avi|bz2|csv|deb|dmg|docx?|epub|exe|flac|gz|ics|iso|jar|key|midi?|mkv|mobi|mov|mp3|mp4|mpe?g|msi|numbers|od[pst]|ogg|pages|pdf|pkg|pptx?|rar|rpm|rtf|tar|tgz|txt|vcf|wav|webm|wmv|xlsx?|xz|zip)$/i;

/** Reports links that fetch a file or lead to another site, however they are pressed: with a finger, any button that follows, or Enter. */
export function startLink(emit: Emit, env: Env): Stop {
  const press = (event: MouseEvent) => {
    const inner = event.composedPath()[0];
    const link = isElement(inner) ? (around(inner, 'a[href], area[href]') as HTMLAnchorElement | null) : null;
    // A link of an SVG has another kind of href; the right button only opens a menu.
    if (typeof link?.href !== 'string' || event.button > 1 || around(link, privacy.block)) return;
    const { protocol, origin, pathname } = link;
    if (!/^(https?|blob|data):$/.test(protocol)) return;
    const isDownload = link.hasAttribute('download') || FILE.test(pathname);
    if (!isDownload && origin === location.origin) return;
    const { target, text, href } = describeTarget(link, env.config().targetAttribute);
    emit({ kind: 'link', atMs: Date.now(), href, what: isDownload ? 'download' : 'outbound', target, text });
  };
  const stops = [listen(env, window, 'click', press), listen(env, window, 'auxclick', press)];
  return () => {
    for (const stop of stops) stop();
  };
}
