/** A whole number with its bounds, as its schema has them. */
import type { ComponentChildren } from 'preact';
import { Field } from '../../parts/field.tsx';

type Props = {
  readonly label: ComponentChildren;
  /** NaN while nothing is typed: the form is not sent then. */ readonly value: number;
  readonly change: (value: number) => void;
  readonly bounds: { readonly minimum: number; readonly maximum: number };
  readonly hint?: ComponentChildren;
};

export function NumberField({ label, value, change, bounds, hint }: Props) {
  return (
    <Field
      type="number"
      label={label}
      required
      min={bounds.minimum}
      max={bounds.maximum}
      step={1}
      value={Number.isNaN(value) ? '' : String(value)}
      onValue={(text) => change(text === '' ? Number.NaN : Number(text))}
      {...(hint === undefined ? {} : { hint })}
    />
  );
}
