/** The origins of an app: a list that is added to and taken from, checked while it is typed. */
import { Plus, X } from 'lucide-preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Field } from '../../parts/field.tsx';
import { readOrigin } from './origin.ts';

type Props = {
  readonly origins: readonly string[];
  /** What is typed and not yet in the list: where the form is sent it counts, see withTyped. */ readonly typed: string;
  readonly isReadOnly?: boolean;
  readonly change: (origins: string[], typed: string) => void;
};

export function OriginsField({ origins, typed, isReadOnly = false, change }: Props) {
  return (
    <fieldset class="origins">
      <legend>Origins</legend>
      <p class="label">Trackers are answered on pages of these origins alone.</p>
      <ul class="chips" aria-label="Origins">
        {origins.map((origin) => (
          <li key={origin}>
            <span class="mono">{origin}</span>
            {!isReadOnly && (
              <button
                type="button"
                class="plain icon small"
                aria-label={`Remove ${origin}`}
                onClick={() =>
                  change(
                    origins.filter((other) => other !== origin),
                    typed,
                  )
                }
              >
                <X size={14} />
              </button>
            )}
          </li>
        ))}
      </ul>
      {!isReadOnly && <AddOrigin origins={origins} typed={typed} change={change} />}
    </fieldset>
  );
}

function AddOrigin({ origins, typed, change }: Omit<Props, 'isReadOnly'>) {
  const box = useRef<HTMLDivElement>(null);
  // While it is typed it is unfinished, not wrong.
  const [isDone, setIsDone] = useState(false);
  const read = readOrigin(typed);
  const problem = read.ok || typed === '' ? undefined : read.reason;
  const take = () => {
    setIsDone(true);
    if (read.ok) change(withTyped(origins, typed), '');
  };
  // The form is not sent with it.
  useEffect(() => box.current?.querySelector('input')?.setCustomValidity(problem ?? ''), [problem]);
  return (
    <div class="with-button" ref={box}>
      <Field
        label={origins.length === 0 ? 'Add an origin' : 'Add another'}
        hint={read.ok && read.value !== typed.trim() ? `Adds ${read.value}` : 'https://, host and, if any, port'}
        problem={isDone ? problem : undefined}
        inputMode="url"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        placeholder="https://www.example.com"
        value={typed}
        onValue={(text) => {
          change([...origins], text);
          setIsDone(false);
        }}
        onInvalid={(event) => {
          // Said beside the field instead of in a bubble.
          event.preventDefault();
          event.currentTarget.focus();
          setIsDone(true);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || typed === '') return;
          // Enter adds what is typed; only from an empty line it sends the form.
          event.preventDefault();
          take();
        }}
      />
      <button type="button" onClick={take} disabled={typed === ''}>
        <Plus size={14} aria-hidden="true" /> Add
      </button>
    </div>
  );
}

/** The origins with what is typed, where it is one: nobody needs to press Add. */
export function withTyped(origins: readonly string[], typed: string): string[] {
  const read = readOrigin(typed);
  return read.ok && !origins.includes(read.value) ? [...origins, read.value] : [...origins];
}
