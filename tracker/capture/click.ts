import type { EventOf } from '../../engine/protocol/events.ts';
import { ELEMENT_SCALE } from '../../engine/protocol/limits.ts';
import { type Emit, type Env, listen, type Stop } from './env.ts';
import { holderOf, isElement } from './place.ts';
import { actionable, describeTarget } from './target.ts';

/** Reports presses of any button and taps, with the time from entering the target to the press. */
export function startClick(emit: Emit, env: Env): Stop {
  let entered: Element | null = null;
  let enteredMs = 0;
  const targetOf = (event: globalThis.Event) => {
    const inner = event.composedPath()[0];
    return isElement(inner) ? actionable(inner, env.config().targetAttribute) : null;
  };
  const enter = (event: PointerEvent) => {
    const target = targetOf(event);
    if (target === entered) return;
    entered = target;
    enteredMs = event.timeStamp;
  };
  const press = (event: MouseEvent) => {
    const element = targetOf(event);
    if (!element) return;
    const origin = env.origin(event.composedPath()[0]);
    const box = element.getBoundingClientRect();
    // Enter on a focused button clicks it without a pointer: its middle stands for the place.
    const byKey = event.detail === 0 && event.clientX === 0 && event.clientY === 0;
    const x = byKey ? box.left + box.width / 2 : event.clientX;
    const y = byKey ? box.top + box.height / 2 : event.clientY;
    const click: EventOf<'click'> = {
      kind: 'click',
      atMs: Date.now(),
      x: x + origin.x,
      y: y + origin.y,
      ...describeTarget(element, env.config().targetAttribute),
      elementX: share(x - box.left, box.width),
      elementY: share(y - box.top, box.height),
      button: event.button,
      hesitationMs: element === entered && !byKey ? Math.round(event.timeStamp - enteredMs) : 0,
      fixed: isFixed(element) ? 1 : 0,
    };
    emit(click);
    for (const fn of env.judges) fn(click, element, event);
  };
  const stops = [listen(env, window, 'pointerover', enter), listen(env, window, 'click', press), listen(env, window, 'auxclick', press)];
  return () => {
    for (const stop of stops) stop();
  };
}

const share = (offset: number, size: number) => (size > 0 ? Math.round(Math.min(Math.max(offset / size, 0), 1) * ELEMENT_SCALE) : 0);

/** What is fixed within a frame moves with the frame. */
function isFixed(element: Element): boolean {
  for (let at: Element | null = element; at && at !== document.body; at = at.parentElement ?? holderOf(at)) {
    if (at.ownerDocument === document && getComputedStyle(at).position === 'fixed') return true;
  }
  return false;
}
