/** The configuration of an app as a form; saving makes a version. */
import { useState } from 'preact/hooks';
import { APP_CONFIG, type AppConfig, OPTIONAL_EVENTS } from '../../../engine/protocol/administration.ts';
import { Field } from '../../parts/field.tsx';
import { changeConfig } from '../../state/settings-api.ts';
import { useApp, useMay } from '../../state/workspace.ts';
import { type ConfigVersion, configChanges, eventName, type OptionalEvent } from './config-words.ts';
import { GoalFields, goalsProblem } from './goal-fields.tsx';
import { Meanwhile } from './meanwhile.tsx';
import { NumberField } from './number-field.tsx';
import { Part } from './part.tsx';
import { isSelector } from './selector.ts';
import { type Draft, useDraft } from './use-draft.ts';
import { OrderNote, useOrder } from './use-order.tsx';

const { properties: BOUNDS } = APP_CONFIG;
/** Web vitals have a switch of their own among the fields: both are one here. */
const VITAL: OptionalEvent = 'vital';

type GroupProps = { readonly value: AppConfig; readonly change: Draft<AppConfig>['change'] };

export function CaptureForm({ latest, again }: { latest: ConfigVersion; again: () => void }) {
  const app = useApp();
  const may = useMay();
  const order = useOrder();
  const [note, setNote] = useState('');
  const draft = useDraft({ version: latest.version, value: latest.config });
  const { value, change, base } = draft;
  const isReadOnly = !may('settings.change');
  const isRight = [value.mask, value.block].every(isSelector) && goalsProblem(value.goals) === undefined;
  const changes = configChanges(base.value, value);
  const save = () =>
    order.give(
      async () => {
        const answer = await changeConfig(app.key, { basedOn: base.version, note: note.trim(), config: value });
        // What the others made of it is shown above the form.
        if (!answer.ok && answer.reason.code === 'changed-meanwhile') again();
        return answer;
      },
      'Saved.',
      ({ versions: [saved] }) => {
        if (saved) draft.begin({ version: saved.version, value: saved.config });
        setNote('');
        again();
      },
    );
  return (
    <Part title="How sessions are captured" about={isReadOnly ? 'Admins of this app can change this.' : undefined}>
      <form
        class="fields capture"
        onSubmit={(event) => {
          event.preventDefault();
          if (isRight) save();
        }}
      >
        <fieldset disabled={isReadOnly}>
          <Events value={value} change={change} />
          <Sampling value={value} change={change} />
          <Recording value={value} change={change} />
          <Masking value={value} change={change} />
          <Addresses value={value} change={change} />
          <Consent value={value} change={change} />
          <GoalFields goals={value.goals} change={(goals) => change({ goals })} />
          <Limits value={value} change={change} />
        </fieldset>
        {!isReadOnly && (
          <div class={draft.isTouched ? 'save-bar is-due' : 'save-bar'}>
            <Meanwhile draft={draft} changes={configChanges} />
            {changes.length > 0 && <p class="label">{changes.join(' · ')}</p>}
            <div class="form-foot">
              <input
                type="text"
                aria-label="Note"
                placeholder="Note: why, for those who read the history"
                maxLength={200}
                value={note}
                onInput={({ currentTarget }) => setNote(currentTarget.value)}
              />
              <button type="submit" class="main" disabled={order.isBusy || !isRight || !draft.isTouched || draft.meanwhile !== undefined}>
                Save as version {latest.version + 1}
              </button>
              {draft.isTouched && (
                <button type="button" class="plain" onClick={() => draft.begin(draft.meanwhile?.latest ?? base)}>
                  Discard
                </button>
              )}
            </div>
            <OrderNote order={order} hides={draft.meanwhile && 'changed-meanwhile'} />
          </div>
        )}
      </form>
    </Part>
  );
}

function Events({ value: { off, vitals, targetAttribute }, change }: GroupProps) {
  const isOn = (kind: OptionalEvent) => !off.includes(kind) && (kind !== VITAL || vitals);
  const set = (kind: OptionalEvent, on: boolean) =>
    change({
      off: OPTIONAL_EVENTS.filter((other) => (other === kind ? !on : off.includes(other))),
      ...(kind === VITAL ? { vitals: on } : {}),
    });
  return (
    <fieldset>
      <legend>Events</legend>
      <p class="label">What is not ticked is not captured at all. Page loads, address changes and leaving are the session itself.</p>
      <div class="checks">
        {OPTIONAL_EVENTS.map((kind) => (
          <label key={kind} class="check">
            <input type="checkbox" checked={isOn(kind)} onChange={({ currentTarget }) => set(kind, currentTarget.checked)} />
            {eventName(kind)}
          </label>
        ))}
      </div>
      <Field
        label="Attribute that names targets"
        hint="An element with it is told apart by its value, however the page is rebuilt."
        class="mono"
        required
        maxLength={64}
        pattern="[a-zA-Z][\w\-]*"
        spellcheck={false}
        autocapitalize="none"
        value={targetAttribute}
        onValue={(next) => change({ targetAttribute: next })}
      />
    </fieldset>
  );
}

function Sampling({ value, change }: GroupProps) {
  return (
    <fieldset>
      <legend>Sampling</legend>
      <p class="label">Finer shows more of the way a pointer took; coarser sends less.</p>
      <div class="columns">
        <NumberField
          label="Pointer every (ms)"
          value={value.moveSampleMs}
          bounds={BOUNDS.moveSampleMs}
          change={(moveSampleMs) => change({ moveSampleMs })}
        />
        <NumberField
          label="A hover begins after (ms)"
          value={value.hoverMinMs}
          bounds={BOUNDS.hoverMinMs}
          change={(hoverMinMs) => change({ hoverMinMs })}
        />
        <NumberField
          label="Sent at least every (ms)"
          value={value.flushMs}
          bounds={BOUNDS.flushMs}
          change={(flushMs) => change({ flushMs })}
        />
      </div>
    </fieldset>
  );
}

function Recording({ value: { recordingPercent }, change }: GroupProps) {
  return (
    <fieldset>
      <legend>Recording</legend>
      <NumberField
        label="Share of sessions (%)"
        hint="Their pages are recorded as they were, masked, so that replays show them. Others are replayed over an outline."
        value={recordingPercent}
        bounds={BOUNDS.recordingPercent}
        change={(percent) => change({ recordingPercent: percent })}
      />
    </fieldset>
  );
}

function Masking({ value: { mask, block }, change }: GroupProps) {
  return (
    <fieldset>
      <legend>Masking and blocking</legend>
      <p class="label">Beside what the page itself masks. What is typed into fields never leaves the browser.</p>
      <SelectorField
        label="Mask"
        hint="The text inside is replaced before it is sent, e.g. .price, #account."
        value={mask}
        change={(next) => change({ mask: next })}
      />
      <SelectorField
        label="Block"
        hint="What is inside is not looked into at all, e.g. .chat."
        value={block}
        change={(next) => change({ block: next })}
      />
    </fieldset>
  );
}

type SelectorProps = { readonly label: string; readonly hint: string; readonly value: string; readonly change: (value: string) => void };

function SelectorField({ label, hint, value, change }: SelectorProps) {
  return (
    <Field
      label={label}
      hint={hint}
      problem={isSelector(value) ? undefined : 'That is no selector that a browser understands.'}
      class="mono"
      placeholder="nothing"
      maxLength={1_024}
      spellcheck={false}
      autocapitalize="none"
      autocomplete="off"
      value={value}
      onValue={change}
    />
  );
}

function Addresses({ value: { urlKeep }, change }: GroupProps) {
  return (
    <fieldset>
      <legend>Addresses</legend>
      <Field
        label="Query parameters that stay"
        hint="Names by commas, e.g. page,sort. All others are dropped in the browser, since they may name people."
        class="mono"
        placeholder="none"
        maxLength={1_024}
        pattern={BOUNDS.urlKeep.pattern.replace('~,-', '~,\\-')}
        spellcheck={false}
        autocapitalize="none"
        autocomplete="off"
        value={urlKeep}
        onValue={(next) => change({ urlKeep: next })}
      />
    </fieldset>
  );
}

function Consent({ value: { consent, doNotTrack }, change }: GroupProps) {
  return (
    <fieldset>
      <legend>Consent and Do Not Track</legend>
      <label class="check">
        <input
          type="checkbox"
          checked={consent === 'needed'}
          onChange={({ currentTarget }) => change({ consent: currentTarget.checked ? 'needed' : 'not-needed' })}
        />
        Consent is needed
      </label>
      <p class="label">Nothing is taken or stored of a visitor before the page says datalab.consent(true).</p>
      <label class="check">
        <input
          type="checkbox"
          checked={doNotTrack === 'respect'}
          onChange={({ currentTarget }) => change({ doNotTrack: currentTarget.checked ? 'respect' : 'ignore' })}
        />
        Do Not Track is respected
      </label>
      <p class="label">Nothing is taken of browsers that send it.</p>
    </fieldset>
  );
}

function Limits({ value: { sessionsPerMin }, change }: GroupProps) {
  return (
    <fieldset>
      <legend>Limits</legend>
      <NumberField
        label="New sessions per minute, at most"
        hint="More are refused: a flood of one app must not take the others’ room."
        value={sessionsPerMin}
        bounds={BOUNDS.sessionsPerMin}
        change={(count) => change({ sessionsPerMin: count })}
      />
    </fieldset>
  );
}
