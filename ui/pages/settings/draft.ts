/** A form's draft over what the server holds, when somebody else has changed that meanwhile. */

/** Names of the fields in which two values differ, in the order of the second. */
export function differingFields<T extends object>(before: T, after: T): readonly (keyof T)[] {
  return (Object.keys(after) as (keyof T)[]).filter((field) => !isSame(before[field], after[field]));
}

export type Merged<T> = {
  readonly value: T;
  /** Fields that both sides changed, to different ends: in `value` they are as drafted. */ readonly disputed: readonly (keyof T)[];
};

/**
 * Takes over what others changed, and keeps what was drafted.
 * @param base what the draft began from
 * @param latest what the server holds by now
 */
export function mergeDraft<T extends object>(base: T, latest: T, draft: T): Merged<T> {
  const drafted = new Set(differingFields(base, draft));
  const fields = Object.keys(latest) as (keyof T)[];
  const value = Object.fromEntries(fields.map((field) => [field, drafted.has(field) ? draft[field] : latest[field]])) as T;
  const disputed = differingFields(base, latest).filter((field) => drafted.has(field) && !isSame(draft[field], latest[field]));
  return { value, disputed };
}

/** Values of settings are plain JSON, whose fields come in the order of their schema. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
