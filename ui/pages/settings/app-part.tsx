/** Settings of one app: its name, origins, time zone and retention; archive and delete. */
import { useState } from 'preact/hooks';
import type { AppDetail } from '../../../engine/protocol/administration.ts';
import { formatDay } from '../../look/format.ts';
import { Field } from '../../parts/field.tsx';
import { RefusalMessage, Skeleton } from '../../parts/states-of-view.tsx';
import { useQuestion } from '../../state/question.ts';
import { archiveApp, askApp, changeApp } from '../../state/settings-api.ts';
import { useApp, useApps, useMay } from '../../state/workspace.ts';
import { appChanges, fieldsOf } from './app-words.ts';
import { DeleteApp, DeletingApp } from './delete-app.tsx';
import { Meanwhile } from './meanwhile.tsx';
import { OriginsField, withTyped } from './origins-field.tsx';
import { Part } from './part.tsx';
import { RetentionFields } from './retention-fields.tsx';
import { TimeZoneField } from './time-zone-field.tsx';
import { isTimeZone } from './time-zones.ts';
import { useDraft } from './use-draft.ts';
import { OrderNote, useOrder } from './use-order.tsx';

export function AppPart() {
  const app = useApp();
  const may = useMay();
  const { data, refusal, isFirst, again } = useQuestion(`app ${app.key}`, (signal) => askApp(app.key, signal));
  if (isFirst) return <Skeleton lines={8} />;
  if (!data) return refusal ? <RefusalMessage refusal={refusal} again={again} /> : null;
  if (data.state === 'deleting') return <DeletingApp detail={data} />;
  return (
    <>
      <AppForm detail={data} again={again} />
      {may('apps.manage') && <ArchiveApp detail={data} again={again} />}
      {may('apps.manage') && <DeleteApp detail={data} again={again} />}
    </>
  );
}

type Props = { readonly detail: AppDetail; readonly again: () => void };

function AppForm({ detail, again }: Props) {
  const may = useMay();
  const apps = useApps();
  const order = useOrder();
  const draft = useDraft({ version: detail.revision, value: fieldsOf(detail) });
  const { value, change } = draft;
  const [origin, setOrigin] = useState('');
  const canSave = !order.isBusy && (draft.isTouched || origin !== '') && !draft.meanwhile && isTimeZone(value.timeZone);
  const isReadOnly = !may('settings.change');
  const save = () =>
    order.give(
      async () => {
        const answer = await changeApp(detail.key, {
          revision: draft.base.version,
          ...value,
          name: value.name.trim(),
          origins: withTyped(value.origins, origin),
        });
        // What the others made of it is shown above the form.
        if (!answer.ok && answer.reason.code === 'changed-meanwhile') again();
        return answer;
      },
      'Saved.',
      (saved) => {
        setOrigin('');
        draft.begin({ version: saved.revision, value: fieldsOf(saved) });
        again();
        apps.again();
      },
    );
  return (
    <Part title="About the app" about={isReadOnly ? 'Admins of this app can change this.' : undefined}>
      <Meanwhile draft={draft} changes={appChanges} />
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <fieldset disabled={isReadOnly}>
          <Field label="Name" required maxLength={80} value={value.name} onValue={(name) => change({ name })} />
          <dl class="facts">
            <dt>Key</dt>
            <dd>
              <code>{detail.key}</code> names it for ever
            </dd>
            <dt>Made</dt>
            <dd>{formatDay(detail.createdMs)}</dd>
          </dl>
          <OriginsField
            origins={value.origins}
            typed={origin}
            isReadOnly={isReadOnly}
            change={(origins, typed) => {
              change({ origins });
              setOrigin(typed);
            }}
          />
          <TimeZoneField value={value.timeZone} change={(timeZone) => change({ timeZone })} />
          <RetentionFields value={value.retention} change={(retention) => change({ retention })} />
        </fieldset>
        {!isReadOnly && (
          <div class="form-foot">
            <button type="submit" class="main" disabled={!canSave}>
              Save
            </button>
            {draft.isTouched && (
              <button type="button" class="plain" onClick={() => draft.begin(draft.meanwhile?.latest ?? draft.base)}>
                Discard
              </button>
            )}
          </div>
        )}
      </form>
      <OrderNote order={order} hides={draft.meanwhile && 'changed-meanwhile'} />
    </Part>
  );
}

function ArchiveApp({ detail, again }: Props) {
  const apps = useApps();
  const order = useOrder();
  const isArchived = detail.state === 'archived';
  return (
    <Part
      title={isArchived ? 'Archived' : 'Archive'}
      about={
        isArchived
          ? 'Nothing is taken from its pages. What was stored can be read.'
          : 'Nothing more is taken from its pages; they go on undisturbed. What is stored can still be read, and it can be taken out again.'
      }
    >
      <div class="form-foot">
        <button
          type="button"
          disabled={order.isBusy}
          onClick={() =>
            order.give(
              () => archiveApp(detail.key, !isArchived),
              isArchived ? 'Taken out of the archive.' : 'Archived.',
              () => {
                again();
                apps.again();
              },
            )
          }
        >
          {isArchived ? `Take ${detail.name} out of the archive` : `Archive ${detail.name}`}
        </button>
      </div>
      <OrderNote order={order} />
    </Part>
  );
}
