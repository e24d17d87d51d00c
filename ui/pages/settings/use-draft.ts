/** A form's state over what the server holds: follows it until the form is touched, then holds still and says what happened meanwhile. */
import { useState } from 'preact/hooks';
import { differingFields, type Merged, mergeDraft } from './draft.ts';

/** What the server holds. @template T its fields */
export type Held<T> = { readonly version: number; readonly value: T };

export type Draft<T> = {
  readonly value: T;
  /** What the draft began from: a change names its version. */ readonly base: Held<T>;
  readonly isTouched: boolean;
  /** What others made of it meanwhile, and both put together; absent while nothing was. */
  readonly meanwhile: (Merged<T> & { readonly latest: Held<T> }) | undefined;
  readonly change: (patch: Partial<T>) => void;
  /** Begins anew from there. @param value the draft; what is held, if none is given */ readonly begin: (held: Held<T>, value?: T) => void;
};

export function useDraft<T extends object>(latest: Held<T>): Draft<T> {
  const [{ base, value }, set] = useState({ base: latest, value: latest.value });
  const isTouched = differingFields(base.value, value).length > 0;
  const isNewer = latest.version > base.version;
  // What was saved here, or nothing at all, is no conflict: the form follows.
  if (isNewer && (!isTouched || differingFields(latest.value, value).length === 0)) set({ base: latest, value: latest.value });
  return {
    value,
    base,
    isTouched,
    meanwhile: isNewer && isTouched ? { ...mergeDraft(base.value, latest.value, value), latest } : undefined,
    change: (patch) => set((before) => ({ ...before, value: { ...before.value, ...patch } })),
    begin: (held, drafted = held.value) => set({ base: held, value: drafted }),
  };
}
