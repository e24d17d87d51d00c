/** How long each kind of an app's data is kept. */
import { useId } from 'preact/hooks';
import { type AppFields, KEPT_KINDS, type KeptDays } from './app-words.ts';

type Retention = AppFields['retention'];
const KINDS = Object.keys(KEPT_KINDS) as (keyof Retention)[];
/** Offered when a kind is no longer to be kept for ever. */
const FIRST_DAYS = 180;

export function RetentionFields({ value, change }: { value: Retention; change: (retention: Retention) => void }) {
  return (
    <fieldset class="retention">
      <legend>Kept</legend>
      <p class="label">What is older is removed once a day, for good. Days are whole ones, in UTC.</p>
      {KINDS.map((kind) => (
        <Kept key={kind} kind={kind} days={value[kind]} change={(days) => change({ ...value, [kind]: days })} />
      ))}
      {isOdd(value) && <p class="label">Recorded events go no later than the sessions that they are of.</p>}
    </fieldset>
  );
}

function Kept({ kind, days, change }: { kind: keyof Retention; days: KeptDays; change: (days: KeptDays) => void }) {
  const id = useId();
  const { label, about } = KEPT_KINDS[kind];
  return (
    <div class="kept">
      <label for={id}>
        {label} <span class="label">{about}</span>
      </label>
      <select
        id={id}
        value={days === null ? 'ever' : 'days'}
        onChange={({ currentTarget }) => change(currentTarget.value === 'ever' ? null : FIRST_DAYS)}
      >
        <option value="ever">for ever</option>
        <option value="days">for days</option>
      </select>
      {days !== null && (
        <input
          type="number"
          aria-label={`${label}: days`}
          required
          min={1}
          max={36_500}
          step={1}
          value={Number.isNaN(days) ? '' : days}
          onInput={({ currentTarget }) => change(currentTarget.valueAsNumber)}
        />
      )}
    </div>
  );
}

const isOdd = ({ chunks, sessions }: Retention) => sessions !== null && (chunks === null || chunks > sessions);
