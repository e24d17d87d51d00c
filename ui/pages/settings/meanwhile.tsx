/** Stands above a form whose ground somebody else changed while it was filled in. */
import type { Draft } from './use-draft.ts';

type Props<T> = {
  readonly draft: Draft<T>;
  /** What one value changed of another, in words. */ readonly changes: (before: T, after: T) => readonly string[];
};

export function Meanwhile<T extends object>({ draft, changes }: Props<T>) {
  const { base, meanwhile, begin } = draft;
  if (!meanwhile) return null;
  const { latest, value, disputed } = meanwhile;
  return (
    <div class="message refusal" role="alert">
      <h3>Somebody else changed this meanwhile</h3>
      <ul class="changes">
        {changes(base.value, latest.value).map((change) => (
          <li key={change}>{change}</li>
        ))}
      </ul>
      {disputed.length > 0 && <p>Where both of you changed the same, what you have here stays until you save or discard it.</p>}
      <div class="filters">
        <button type="button" onClick={() => begin(latest, value)}>
          Take over, keep mine
        </button>
        <button type="button" onClick={() => begin(latest)}>
          Discard mine
        </button>
      </div>
    </div>
  );
}
