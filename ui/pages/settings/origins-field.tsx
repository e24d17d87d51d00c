/** The origins of an app: a list that is added to and taken from, checked while it is typed. */
import { Plus, X } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { Field } from '../../parts/field.tsx';
import { readOrigin } from './origin.ts';

type Props = { readonly origins: readonly string[]; readonly isReadOnly?: boolean; readonly change: (origins: string[]) => void };

export function OriginsField({ origins, isReadOnly = false, change }: Props) {
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
                onClick={() => change(origins.filter((other) => other !== origin))}
              >
                <X size={14} />
              </button>
            )}
          </li>
        ))}
      </ul>
      {!isReadOnly && <AddOrigin origins={origins} add={(origin) => change([...origins, origin])} />}
    </fieldset>
  );
}

function AddOrigin({ origins, add }: { origins: readonly string[]; add: (origin: string) => void }) {
  const [typed, setTyped] = useState('');
  // While it is typed it is unfinished, not wrong.
  const [isDone, setIsDone] = useState(false);
  const read = readOrigin(typed);
  const problem = !read.ok ? read.reason : origins.includes(read.value) ? 'It is in the list.' : undefined;
  const take = () => {
    setIsDone(true);
    if (!read.ok || problem !== undefined) return;
    add(read.value);
    setTyped('');
  };
  return (
    <div class="with-button">
      <Field
        label={origins.length === 0 ? 'Add an origin' : 'Add another'}
        hint={read.ok && read.value !== typed.trim() ? `Adds ${read.value}` : 'https://, host and, if any, port'}
        problem={isDone && typed !== '' ? problem : undefined}
        inputMode="url"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        placeholder="https://www.example.com"
        value={typed}
        onValue={(text) => {
          setTyped(text);
          setIsDone(false);
        }}
        // What is typed counts, although nobody pressed Add.
        onBlur={() => typed !== '' && take()}
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
