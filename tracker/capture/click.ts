import type { EventOf } from '../../engine/protocol/events.ts';
import { ELEMENT_SCALE } from '../../engine/protocol/limits.ts';
import { pointOf } from './early.ts';
import { type Emit, type Env, listen, type Over, type Stop } from './env.ts';
import { holderOf, isElement } from './place.ts';
import type { Point } from './point.ts';
import { actionable, describeTarget } from './target.ts';

/** Most elements remembered: within one target a pointer seldom comes over more. */
const OVERS_MAX = 20;

/**
 * Reports presses of any button and taps, with the time from entering the target to the press.
 * @param early what was pressed and entered until now
 */
export function startClick(emit: Emit, env: Env, early: readonly Point[]): Stop {
  const targetOf = ({ element }: Pick<Over, 'element'>) => (isElement(element) ? actionable(element, env.config().targetAttribute) : null);
  /** Which target it is of is asked only when there is a press, and so is the time: both cost more than to keep them. */
  const enter = (event: globalThis.Event, known?: unknown) => {
    const { target } = event;
    const isHost = Boolean((target as Partial<Element>).shadowRoot);
    const element = known ?? (isHost ? event.composedPath()[0] : target);
    if (env.overs.unshift({ element, event, isHost }) > OVERS_MAX) env.overs.pop();
  };
  /** From entering the target to the press, ms; 0 if the pointer is not on it. */
  const hesitation = (element: Element, pressMs: number) => {
    let sinceMs = pressMs;
    for (const over of env.overs) {
      if (targetOf(over) !== element) break;
      sinceMs = over.event.timeStamp;
    }
    return Math.round(pressMs - sinceMs);
  };
  const press = (point: Point) => {
    const element = targetOf(point);
    if (!element) return;
    const { atMs, page } = point;
    const event = point.event as MouseEvent;
    const box = element.getBoundingClientRect();
    // Enter on a focused button clicks it without a pointer: its middle stands for the place.
    const byKey = event.detail === 0 && event.clientX === 0 && event.clientY === 0;
    const inX = byKey ? box.width / 2 : event.clientX - box.left;
    const inY = byKey ? box.height / 2 : event.clientY - box.top;
    const click: EventOf<'click'> = {
      kind: 'click',
      atMs,
      x: byKey ? point.x + box.left + inX : point.x,
      y: byKey ? point.y + box.top + inY : point.y,
      ...describeTarget(element, env.config().targetAttribute),
      elementX: share(inX, box.width),
      elementY: share(inY, box.height),
      button: event.button,
      hesitationMs: byKey ? 0 : hesitation(element, event.timeStamp),
      fixed: isFixed(element) ? 1 : 0,
    };
    emit(click, page);
    for (const fn of env.judges) fn(click, element, event);
  };
  for (const point of early) {
    if (point.event.type === 'pointerover') enter(point.event, point.element);
    else if (point.event.type.endsWith('click')) press(point);
  }
  const heard = (type: string, fn: (point: Point) => void) => listen(env, window, type, (event: PointerEvent) => fn(pointOf(event, env)));
  const stops = [listen(env, window, 'pointerover', enter), heard('click', press), heard('auxclick', press)];
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
