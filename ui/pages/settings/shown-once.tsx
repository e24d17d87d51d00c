/** A secret as it is shown the one time that it is: to be copied, then put away. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { CopyButton } from '../../parts/states-of-view.tsx';

type Props = { readonly text: string; readonly what: string; readonly done: () => void; readonly children: ComponentChildren };

export function ShownOnce({ text, what, done, children }: Props) {
  const box = useRef<HTMLElement>(null);
  // Nobody must miss it below a long list.
  useEffect(() => box.current?.focus(), [text]);
  return (
    <section class="shown-once" aria-label={`The ${what}, shown this once`} tabIndex={-1} ref={box}>
      <p>{children}</p>
      <div class="snippet">
        <code>{text}</code>
        <CopyButton text={text} what={what} />
      </div>
      <div class="form-foot">
        <button type="button" onClick={done}>
          I have it
        </button>
      </div>
    </section>
  );
}
