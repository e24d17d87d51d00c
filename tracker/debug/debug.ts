/**
 * datalab-debug.js: shows the owner of a site what the tracker does, in an overlay of the page. Loaded by `datalab.debug()` and by
 * `?datalab=debug` in the page's address, and only then.
 *
 * It stands in a shadow root and brings a constructed stylesheet: no style of the page reaches it, and no policy forbids it.
 */
import type { Event } from '../../engine/protocol/events.ts';
import type { Datalab } from '../api.ts';
import type { Site } from '../site.ts';
import { rowsOf } from './state-rows.ts';
import { STYLE } from './style.ts';
import { wordsOf } from './words.ts';

const HOST_ID = 'datalab-debug';
/** Oldest events go beyond this. */
const EVENTS_MAX = 200;
const REFRESH_MS = 250;

/** Opens the overlay; once open, it only takes the focus there. */
export function open(datalab: Datalab, site: Site): void {
  const before = document.getElementById(HOST_ID);
  if (before) {
    before.shadowRoot?.querySelector('button')?.focus();
    return;
  }
  const host = element('div', { id: HOST_ID });
  const pause = element('button', { type: 'button' }, 'Pause');
  const close = element('button', { type: 'button' }, 'Close');
  const state = element('dl');
  const list = element('ol', { tabindex: '0', 'aria-label': 'Captured events, newest first' });
  // Blocked: whatever looks for a target in here finds the panel as a whole.
  const panel = element('section', { 'aria-label': 'datalab debugger', 'data-datalab-block': '' });
  panel.append(element('header', {}, element('h2', {}, 'datalab'), pause, close), state, list);
  const root = host.attachShadow({ mode: 'open' });
  adopt(root);
  root.append(panel);

  let captured = 0;
  let isPaused = false;
  const refresh = () => {
    state.replaceChildren(
      ...rowsOf(datalab.state(), captured).flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
    );
  };
  const take = (event: Event) => {
    if (isOwn(event, panel)) return true;
    captured++;
    if (isPaused) return false;
    const time = new Date(event.atMs).toISOString().slice(11, 23);
    list.prepend(element('li', {}, element('time', {}, time), element('b', {}, event.kind), element('span', {}, wordsOf(event))));
    while (list.childElementCount > EVENTS_MAX) list.lastElementChild?.remove();
    return false;
  };
  const timer = setInterval(refresh, REFRESH_MS);
  const end = () => {
    clearInterval(timer);
    delete site.tap;
    host.remove();
  };
  pause.addEventListener('click', () => {
    isPaused = !isPaused;
    pause.textContent = isPaused ? 'Go on' : 'Pause';
  });
  close.addEventListener('click', end);
  panel.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') end();
  });
  site.tap = take;
  refresh();
  document.body.append(host);
}

/** True for what was done to the overlay: it is no part of the page. */
function isOwn(event: Event, panel: Element): boolean {
  if (!('x' in event)) return false;
  const { left, right, top, bottom } = panel.getBoundingClientRect();
  const [x, y] = [event.x - scrollX, event.y - scrollY];
  return x >= left && x <= right && y >= top && y <= bottom;
}

function adopt(root: ShadowRoot): void {
  // Browsers of before 2023 may lack it; there the overlay is plain.
  if (!('adoptedStyleSheets' in root)) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...inside: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inside);
  return made;
}
