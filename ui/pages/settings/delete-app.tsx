/** Deletes an app with everything that is stored of it: its name is typed first; then how far it is shows until it is gone. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { AppDetail } from '../../../engine/protocol/administration.ts';
import { formatAge, formatCount } from '../../look/format.ts';
import { Field } from '../../parts/field.tsx';
import { RefusalMessage } from '../../parts/states-of-view.tsx';
import { useServerNowMs } from '../../parts/ticking.ts';
import { linkTo } from '../../state/address.ts';
import { useQuestion } from '../../state/question.ts';
import { askApp, deleteApp } from '../../state/settings-api.ts';
import { useAddress, useApps } from '../../state/workspace.ts';
import { Part } from './part.tsx';
import { OrderNote, useOrder } from './use-order.tsx';

const LOOK_EVERY_MS = 1_000;

export function DeleteApp({ detail, again }: { detail: AppDetail; again: () => void }) {
  const [isWanted, setIsWanted] = useState(false);
  return (
    <Part
      title="Delete"
      about="Removes the app with every session, replay, total, key and token of it, for good. Its pages go on undisturbed, and are refused."
    >
      {isWanted ? (
        <TypedName detail={detail} again={again} cancel={() => setIsWanted(false)} />
      ) : (
        <div class="form-foot">
          <button type="button" class="bad" onClick={() => setIsWanted(true)}>
            Delete {detail.name} …
          </button>
        </div>
      )}
    </Part>
  );
}

function TypedName({ detail: { key, name }, again, cancel }: { detail: AppDetail; again: () => void; cancel: () => void }) {
  const order = useOrder();
  const [typed, setTyped] = useState('');
  const form = useRef<HTMLFormElement>(null);
  // It takes the place of the button that was pressed.
  useEffect(() => form.current?.querySelector('input')?.focus(), []);
  return (
    <form
      class="fields"
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        if (typed === name) order.give(() => deleteApp(key, typed), '', again);
      }}
    >
      <Field label={`Type ${name} to delete it`} autocomplete="off" spellcheck={false} value={typed} onValue={setTyped} />
      <div class="form-foot">
        <button type="submit" class="bad" disabled={order.isBusy || typed !== name}>
          Delete {name}
        </button>
        <button type="button" class="plain" onClick={cancel}>
          Cancel
        </button>
      </div>
      <OrderNote order={order} />
    </form>
  );
}

/** Shown while its data is being removed. Once it is gone, the next app is shown. */
export function DeletingApp({ detail }: { detail: AppDetail }) {
  const { view, go } = useAddress();
  const { apps, again: askApps } = useApps();
  const nowMs = useServerNowMs();
  const { data = detail, refusal, again } = useQuestion(`deleting ${detail.key}`, (signal) => askApp(detail.key, signal));
  const isGone = refusal?.code === 'app-unknown';
  useEffect(() => {
    if (isGone) return;
    const timer = setInterval(() => {
      if (!document.hidden) again();
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isGone, again]);
  useEffect(() => {
    if (!isGone) return;
    const next = apps.find((app) => app.key !== detail.key);
    askApps();
    go(next ? linkTo({ ...view, app: next.key }, '/settings/app') : '/settings/apps', 'replace');
  }, [isGone]);
  const { what = 'its data', done = 0, startedMs = nowMs } = data.deletion ?? {};
  return (
    <Part title={`Deleting ${detail.name}`}>
      <progress aria-label={`Deleting ${detail.name}`} />
      <p>{isGone ? 'It is gone.' : `Removing ${what}: ${formatCount(done)} removed so far, begun ${formatAge(nowMs - startedMs)}.`}</p>
      <p class="label">It goes on when you leave this page, and after a restart.</p>
      {refusal && !isGone && <RefusalMessage refusal={refusal} again={again} />}
    </Part>
  );
}
