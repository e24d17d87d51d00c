/** What a form or a button does: one at a time, with what came of it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Refusal } from '../../engine/protocol/hello.ts';
import type { Answer } from './api.ts';

export type Deed = {
  /** It is on its way: its button is disabled. */ readonly isBusy: boolean;
  /** What the latest was refused with. */ readonly refusal: Refusal | undefined;
  /** Takes back what was said: the form was changed. */ readonly clear: () => void;
  /** Does it, unless one is on its way. @param done told what it answered, if the component is still shown */
  readonly run: <T>(order: () => Promise<Answer<T>>, done: (value: T) => void) => Promise<void>;
};

export function useDeed(): Deed {
  const [state, setState] = useState<{ readonly isBusy: boolean; readonly refusal?: Refusal }>({ isBusy: false });
  const isBusy = useRef(false);
  const isShown = useRef(true);
  useEffect(
    () => () => {
      isShown.current = false;
    },
    [],
  );
  return {
    isBusy: state.isBusy,
    refusal: state.refusal,
    clear: () => setState({ isBusy: isBusy.current }),
    run: async (order, done) => {
      // Two presses within one paint are one.
      if (isBusy.current) return;
      isBusy.current = true;
      setState({ isBusy: true });
      const answer = await order();
      isBusy.current = false;
      if (!isShown.current) return;
      setState(answer.ok ? { isBusy: false } : { isBusy: false, refusal: answer.reason });
      if (answer.ok) done(answer.value);
    },
  };
}
