/** Goals: what counts as having done what the site is for. */
import { Plus, X } from 'lucide-preact';
import { Field } from '../../parts/field.tsx';
import type { Goal } from './config-words.ts';
import { isSelector } from './selector.ts';

const BY: Readonly<Record<Goal['by'], { readonly label: string; readonly match: string; readonly example: string }>> = {
  url: { label: 'a page is seen', match: 'Path', example: '/thanks*' },
  event: { label: 'an event comes', match: 'Its name', example: 'signup' },
  target: { label: 'a target is pressed', match: 'Selector', example: '#buy' },
};
const KINDS = Object.keys(BY) as Goal['by'][];
const GOALS_MAX = 50;

/** What is wrong with the goals, in one sentence; undefined: nothing that the fields do not say themselves. */
export function goalsProblem(goals: readonly Goal[]): string | undefined {
  const names = goals.map(({ name }) => name.trim());
  const twice = names.find((name, place) => name !== '' && names.indexOf(name) !== place);
  if (twice !== undefined) return `Two goals are called “${twice}”.`;
  const odd = goals.find(({ by, match }) => by === 'target' && !isSelector(match));
  return odd && `“${odd.match}” is no selector that a browser understands.`;
}

export function GoalFields({ goals, change }: { goals: readonly Goal[]; change: (goals: Goal[]) => void }) {
  const put = (place: number, patch: Partial<Goal>) => change(goals.map((goal, index) => (index === place ? { ...goal, ...patch } : goal)));
  const problem = goalsProblem(goals);
  return (
    <fieldset class="goals">
      <legend>Goals</legend>
      <p class="label">What a visit is hoped to come to. In paths, * stands for anything.</p>
      {goals.map((goal, place) => (
        // A goal has nothing but its place while its name is being typed.
        <fieldset key={place} class="goal" aria-label={`Goal ${goal.name}`}>
          <Field label="Name" required maxLength={80} value={goal.name} onValue={(name) => put(place, { name })} />
          <label class="field">
            Reached when
            <select
              value={goal.by}
              onChange={({ currentTarget }) => put(place, { by: KINDS.find((kind) => kind === currentTarget.value) ?? 'url' })}
            >
              {KINDS.map((kind) => (
                <option key={kind} value={kind}>
                  {BY[kind].label}
                </option>
              ))}
            </select>
          </label>
          <Field
            label={BY[goal.by].match}
            class="mono"
            required
            maxLength={1_024}
            placeholder={BY[goal.by].example}
            spellcheck={false}
            autocapitalize="none"
            value={goal.match}
            onValue={(match) => put(place, { match })}
          />
          <button
            type="button"
            class="plain icon"
            aria-label={`Remove goal ${goal.name}`}
            onClick={() => change(goals.filter((other) => other !== goal))}
          >
            <X size={16} />
          </button>
        </fieldset>
      ))}
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <div class="form-foot">
        <button type="button" disabled={goals.length >= GOALS_MAX} onClick={() => change([...goals, { name: '', by: 'url', match: '' }])}>
          <Plus size={14} aria-hidden="true" /> Add a goal
        </button>
      </div>
    </fieldset>
  );
}
