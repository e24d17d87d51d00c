import type { EventOf, PageContext } from '../../engine/protocol/events.ts';
import { type Emit, type Env, listen, type Stop } from './env.ts';
import { around, isElement } from './place.ts';
import { privacy } from './privacy.ts';
import { describeTarget } from './target.ts';

const FIELD = 'input, select, textarea';
/** Inputs that are buttons, or that nobody sees. */
const NO_FIELD = 'input:is([type=button], [type=submit], [type=reset], [type=image], [type=hidden])';
/** Longest name of a field, in characters. */
const NAME_MAX_CHARS = 128;

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
/** A form that somebody has begun to fill in. */
type Filled = { readonly form: string; readonly page: PageContext; readonly sinceMs: number; lastMs: number };

/**
 * Reports how forms are filled in: which field got the focus or was changed, after how long, and whether the form was submitted or
 * abandoned: left with its page, or taken from it. Values are never read. Fields outside any form are reported without one.
 */
export function startForm(emit: Emit, env: Env): Stop {
  const filled = new Map<HTMLFormElement, Filled>();
  let focused: Element | null = null;
  let focusedMs = 0;

  const say = (step: string, form: string, field: string, elapsedMs: number, page = env.page(), atMs = Date.now()) =>
    emit({ kind: 'form', atMs, form, field, step, elapsedMs } satisfies EventOf<'form'>, page);
  const named = (element: Element | null) => (element ? describeTarget(element, env.config().targetAttribute).target : '');
  const sayOf = (field: Field, step: string) => {
    const { form } = field;
    const nowMs = Date.now();
    if (form && !filled.has(form)) filled.set(form, { form: named(form), page: env.page(), sinceMs: nowMs, lastMs: nowMs });
    const begun = form && filled.get(form);
    if (begun) begun.lastMs = nowMs;
    say(step, begun?.form ?? '', (field.name || named(field)).slice(0, NAME_MAX_CHARS), nowMs - focusedMs, env.page(), nowMs);
  };
  /** What happened then is told as of then, however late it is noticed. */
  const abandon = (which: (form: HTMLFormElement) => boolean) => {
    for (const [form, { form: name, page, sinceMs, lastMs }] of filled) {
      if (!which(form)) continue;
      filled.delete(form);
      say('abandon', name, '', lastMs - sinceMs, page, lastMs);
    }
  };
  const gone = () => abandon((form) => !form.isConnected);

  const stops = [
    listen(env, window, 'focusin', (event) => {
      gone();
      const field = fieldOf(event);
      if (!field || field === focused) return;
      focused = field;
      focusedMs = Date.now();
      sayOf(field, 'focus');
    }),
    listen(env, window, 'change', (event) => {
      const field = fieldOf(event);
      if (!field) return;
      // Changed without a focus, as by the browser that fills a form in.
      if (field !== focused) focusedMs = Date.now();
      focused = field;
      sayOf(field, 'change');
    }),
    listen(env, window, 'submit', (event) => {
      const form = event.composedPath()[0] as HTMLFormElement;
      if (around(form, privacy.block)) return;
      const begun = filled.get(form);
      filled.delete(form);
      say('submit', begun?.form ?? named(form), '', begun ? Date.now() - begun.sinceMs : 0);
    }),
  ];
  env.settlers.add(gone);
  return () => {
    for (const stop of stops) stop();
    abandon(() => true);
  };
}

function fieldOf(event: globalThis.Event): Field | null {
  const element = event.composedPath()[0];
  if (!isElement(element) || !element.matches(FIELD) || element.matches(NO_FIELD)) return null;
  return around(element, privacy.block) ? null : (element as Field);
}
