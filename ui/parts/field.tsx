/** One labelled field of a form, with its hint, and with what is wrong with it beside it. */
import type { ComponentChildren, InputHTMLAttributes } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

type Props = Omit<InputHTMLAttributes, 'id' | 'value' | 'onInput' | 'label'> & {
  readonly label: ComponentChildren;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly hint?: ComponentChildren;
  /** What is wrong with it: one sentence. */ readonly problem?: string | undefined;
};

export function Field({ label, value, onValue, hint, problem, type = 'text', autofocus = false, ...rest }: Props) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  // Before the next paint: what is typed right behind must not be lost. The attribute works on a page's first form only.
  useLayoutEffect(() => {
    if (autofocus) input.current?.focus();
  }, []);
  const described = [hint === undefined ? '' : `${id}-hint`, problem === undefined ? '' : `${id}-problem`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...rest}
        id={id}
        ref={input}
        type={type}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
        {...(described === '' ? {} : { 'aria-describedby': described })}
        {...(problem === undefined ? {} : { 'aria-invalid': true })}
      />
      {hint !== undefined && (
        <p class="label" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {/* Always there: what comes into it is read out. */}
      <p class="problem" id={`${id}-problem`} role="alert">
        {problem}
      </p>
    </div>
  );
}

/** A password: hidden, until it is asked to be shown. */
export function PasswordField(props: Omit<Props, 'type'>) {
  const [isShown, setIsShown] = useState(false);
  return (
    <div class="with-button">
      <Field spellcheck={false} autocapitalize="none" maxLength={256} {...props} type={isShown ? 'text' : 'password'} />
      <button type="button" class="small plain" aria-pressed={isShown} onClick={() => setIsShown(!isShown)}>
        {isShown ? 'Hide' : 'Show'}
        <span class="hidden-text"> password</span>
      </button>
    </div>
  );
}
