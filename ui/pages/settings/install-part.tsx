/** How an app's pages get the tracker, whether one of them has it, and the first session that comes of it. */
import { CircleCheck, CircleX } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { SnippetCheckAnswer } from '../../../engine/protocol/administration.ts';
import type { NewestRow } from '../../../engine/protocol/live.ts';
import { formatAge, formatCount, formatUrl } from '../../look/format.ts';
import { Field } from '../../parts/field.tsx';
import { StateShape } from '../../parts/state-shape.tsx';
import { CopyButton, Skeleton, Snippet } from '../../parts/states-of-view.tsx';
import { useServerNowMs } from '../../parts/ticking.ts';
import { linkTo } from '../../state/address.ts';
import { checkPage } from '../../state/settings-api.ts';
import { useAddress, useApp, useWatch } from '../../state/workspace.ts';
import { type NewestRows, newestFirst, takeNewest } from '../live/newest-rows.ts';
import { npmSnippet } from './npm-snippet.ts';
import { Part } from './part.tsx';
import { OrderNote, useOrder } from './use-order.tsx';

export function InstallPart() {
  const app = useApp();
  const { view } = useAddress();
  const npm = npmSnippet(app.snippet);
  return (
    <>
      <Part
        title="1. Paste this"
        about="Into every page of the site, before the closing head tag. It is fetched beside the page, and never holds it up."
      >
        <Snippet text={app.snippet} />
        {npm !== '' && (
          <details>
            <summary>A site that is built: by npm instead</summary>
            <div class="snippet">
              <code>{npm}</code>
              <CopyButton text={npm} what="npm snippet" />
            </div>
          </details>
        )}
        <p class="label">
          {app.origins.length === 0 ? 'No origin is allowed yet: nothing would be taken. ' : `Answered on ${app.origins.join(', ')}. `}
          <a href={linkTo(view, '/settings/app')}>Change the origins</a>
        </p>
      </Part>
      <Part title="2. Open one of those pages" about="In any browser. Its session shows here at once.">
        <FirstSession />
      </Part>
      <Part title="Nothing comes? Check a page" about="The server looks at the page as any browser gets it, and says what it sees.">
        <CheckPage />
      </Part>
    </>
  );
}

/** Enough to show the latest; the watch tells of each. */
const WATCHED = 5;

function FirstSession() {
  const app = useApp();
  const [rows, setRows] = useState<NewestRows>();
  useWatch('newest', { type: 'watch-newest', app: app.key, limit: WATCHED }, (message) =>
    setRows((before) => takeNewest(before ?? new Map(), message, WATCHED)),
  );
  const latest = rows && newestFirst(rows)[0];
  if (!rows) return <Skeleton lines={2} />;
  return (
    <div role="status">
      {latest ? (
        <Arrived row={latest} />
      ) : (
        <p class="waiting">
          <span class="beat" aria-hidden="true" /> Waiting for the first event …
        </p>
      )}
    </div>
  );
}

function Arrived({ row }: { row: NewestRow }) {
  const { view } = useAddress();
  return (
    <>
      <p class="verdict-line is-good">
        <CircleCheck size={18} aria-hidden="true" />
        <strong>Events arrive.</strong>
      </p>
      <p class="arrived">
        <StateShape place={row.state} endReason={row.endReason} />
        <a href={linkTo(view, '/live', { open: row.session })}>Session on {formatUrl(row.url)}</a>
        <span class="quiet">
          {row.browser}, {row.os} · {formatCount(row.events)} {row.events === 1 ? 'event' : 'events'} · <Since atMs={row.startedMs} />
        </span>
      </p>
    </>
  );
}

/** Not read out each time that it moves. */
function Since({ atMs }: { atMs: number }) {
  const nowMs = useServerNowMs();
  return <span aria-hidden="true">{formatAge(nowMs - atMs)}</span>;
}

function CheckPage() {
  const app = useApp();
  const order = useOrder();
  const [url, setUrl] = useState(() => `${app.origins.find((origin) => !origin.endsWith('*')) ?? 'https://'}`);
  const [answer, setAnswer] = useState<SnippetCheckAnswer>();
  const check = () => {
    setAnswer(undefined);
    order.give(() => checkPage(app.key, url.trim()), '', setAnswer);
  };
  return (
    <form
      class="fields"
      onSubmit={(event) => {
        event.preventDefault();
        check();
      }}
    >
      <div class="with-button">
        <Field
          type="url"
          label="Address of a page of yours"
          hint="Of one of the app’s origins."
          required
          pattern="https?://.+"
          maxLength={2_000}
          spellcheck={false}
          value={url}
          onValue={setUrl}
        />
        <button type="submit" disabled={order.isBusy}>
          {order.isBusy ? 'Checking …' : 'Check page'}
        </button>
      </div>
      <div role="status">
        {answer && (
          <p class={`verdict-line ${answer.found ? 'is-good' : 'is-bad'}`}>
            {answer.found ? <CircleCheck size={18} aria-hidden="true" /> : <CircleX size={18} aria-hidden="true" />}
            <span>{answer.message}</span>
          </p>
        )}
      </div>
      <OrderNote order={order} />
    </form>
  );
}
