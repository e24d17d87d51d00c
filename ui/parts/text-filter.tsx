/** A search box that writes into the address once the typing pauses. */
import { useEffect, useRef, useState } from 'preact/hooks';

/** Long enough to finish a word, short enough to feel immediate. */
const PAUSE_MS = 200;

export function TextFilter({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  // Back, forward and "clear filters" change the value from outside.
  useEffect(() => setTyped(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={label}
      maxLength={200}
      value={typed}
      onInput={(event) => {
        const next = event.currentTarget.value;
        setTyped(next);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => onChange(next), PAUSE_MS);
      }}
    />
  );
}
