/** A button whose deed is confirmed in a native dialog that says the consequences. */
import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';

type Props = {
  /** The deed, as on the button that does it: a verb and its object. */ readonly deed: string;
  readonly act: () => void;
  readonly isDisabled?: boolean;
  /** Nothing is lost by it: it is not coloured as what destroys is. */ readonly isHarmless?: boolean;
  /** What follows from it. */ readonly children: ComponentChildren;
};

export function ConfirmButton({ deed, act, isDisabled = false, isHarmless = false, children }: Props) {
  const look = isHarmless ? '' : 'bad';
  const title = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const close = () => dialog.current?.close();
  return (
    <>
      <button type="button" class={look} disabled={isDisabled} onClick={() => dialog.current?.showModal()}>
        {deed} …
      </button>
      <dialog class="confirm" aria-labelledby={title} ref={dialog}>
        <h2 id={title}>{deed}?</h2>
        {children}
        <div class="filters">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button
            type="button"
            class={isHarmless ? 'main' : look}
            onClick={() => {
              close();
              act();
            }}
          >
            {deed}
          </button>
        </div>
      </dialog>
    </>
  );
}
