/** What the settings’ forms and buttons order: what came of it is said beside them. */
import { useRef, useState } from 'preact/hooks';
import { RefusalMessage } from '../../parts/states-of-view.tsx';
import type { Answer } from '../../state/api.ts';
import { type Deed, useDeed } from '../../state/deed.ts';

export type Order = Pick<Deed, 'isBusy' | 'refusal'> & {
  /** What was done; '' before. */ readonly said: string;
  /** @param said what to say once it was done @param then called with the answer, while the form is still shown */
  readonly give: <T>(ask: () => Promise<Answer<T>>, said: string, then?: (value: T) => void) => void;
  /** Gives the latest again. */ readonly again: () => void;
};

export function useOrder(): Order {
  const { isBusy, refusal, run } = useDeed();
  const [said, setSaid] = useState('');
  const latest = useRef(() => {});
  return {
    isBusy,
    refusal,
    said,
    give: (ask, text, then) => {
      latest.current = () => {
        setSaid('');
        void run(ask, (value) => {
          setSaid(text);
          then?.(value);
        });
      };
      latest.current();
    },
    again: () => latest.current(),
  };
}

/** What an order came to. @param props.hides code of a refusal that the form shows by itself */
export function OrderNote({ order, hides }: { order: Order; hides?: string | undefined }) {
  const { refusal, said, again } = order;
  return (
    <>
      {/* Always there: what comes into it is read out. */}
      <p class="said" role="status">
        {said}
      </p>
      {refusal && refusal.code !== hides && <RefusalMessage refusal={refusal} again={again} />}
    </>
  );
}
