/** Public keys, which stand in pages, and API tokens, which stay on servers. */
import type { KeyList } from '../../../engine/protocol/administration.ts';
import { formatAge, formatDay } from '../../look/format.ts';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { CopyButton, RefusalMessage, Skeleton } from '../../parts/states-of-view.tsx';
import { useServerNowMs } from '../../parts/ticking.ts';
import { useQuestion } from '../../state/question.ts';
import { askKeys, createKey, endKey } from '../../state/settings-api.ts';
import { useApp, useApps } from '../../state/workspace.ts';
import { Part } from './part.tsx';
import { TokensPart } from './tokens-part.tsx';
import { type Order, OrderNote, useOrder } from './use-order.tsx';

type PublicKey = KeyList['keys'][number];

/** Long enough for pages that browsers and proxies still hold. */
const LATER_MS = 30 * 86_400_000;

export function KeysPart() {
  const app = useApp();
  const { data, refusal, isFirst, again } = useQuestion(`keys ${app.key}`, (signal) => askKeys(app.key, signal));
  if (isFirst) return <Skeleton lines={8} />;
  if (!data) return refusal ? <RefusalMessage refusal={refusal} again={again} /> : null;
  return (
    <>
      <PublicKeys keys={data.keys} again={again} />
      <TokensPart tokens={data.tokens} again={again} />
    </>
  );
}

function PublicKeys({ keys, again }: { keys: readonly PublicKey[]; again: () => void }) {
  const app = useApp();
  const apps = useApps();
  const order = useOrder();
  const nowMs = useServerNowMs();
  const shown = keys.toSorted((a, b) => b.createdMs - a.createdMs);
  const inSnippet = shown.find(({ endsMs }) => endsMs === undefined || endsMs > nowMs)?.key;
  const refresh = () => {
    again();
    // The snippet names the newest.
    apps.again();
  };
  return (
    <Part
      title="Public keys"
      about="Stand in your pages, for all to see: they say which app an event is for. To rotate, make a new one, put it into your pages, then end the old one."
    >
      <ul class="rows" aria-label="Public keys, the newest first">
        {shown.map((key) => (
          <KeyRow key={key.key} of={key} nowMs={nowMs} isInSnippet={key.key === inSnippet} order={order} refresh={refresh} />
        ))}
      </ul>
      <div class="form-foot">
        <button
          type="button"
          disabled={order.isBusy}
          onClick={() =>
            order.give(() => createKey(app.key), 'Made. The snippet has it from now on; pages with the others go on.', refresh)
          }
        >
          Make a new key
        </button>
      </div>
      <OrderNote order={order} />
    </Part>
  );
}

type RowProps = {
  readonly of: PublicKey;
  readonly nowMs: number;
  readonly isInSnippet: boolean;
  readonly order: Order;
  readonly refresh: () => void;
};

function KeyRow({ of: { key, createdMs, createdBy, lastUsedMs, endsMs }, nowMs, isInSnippet, order, refresh }: RowProps) {
  const app = useApp();
  const isOver = endsMs !== undefined && endsMs <= nowMs;
  const end = (atMs: number | null, said: string) => order.give(() => endKey(app.key, key, atMs), said, refresh);
  return (
    <li class={isOver ? 'is-over' : ''}>
      <div class="what">
        <span class="with-copy">
          <code>{key}</code>
          <CopyButton text={key} what={`key ${key}`} />
        </span>
        <span class="label">
          made {formatDay(createdMs)} {createdBy === '' ? 'with the app' : `by ${createdBy}`} ·{' '}
          {lastUsedMs === undefined ? 'never used' : `used ${formatAge(nowMs - lastUsedMs)}`}
          {endsMs !== undefined && ` · ${isOver ? 'ended' : 'ends'} ${formatDay(endsMs)}`}
        </span>
      </div>
      {isInSnippet && <span class="badge is-good">in the snippet</span>}
      {isOver && <span class="badge">ended</span>}
      {!isOver && (
        <div class="acts">
          {endsMs === undefined ? (
            <button type="button" disabled={order.isBusy} onClick={() => end(nowMs + LATER_MS, `${key} ends in 30 days.`)}>
              End in 30 days<span class="hidden-text">: {key}</span>
            </button>
          ) : (
            <button type="button" disabled={order.isBusy} onClick={() => end(null, `${key} goes on.`)}>
              Let it go on<span class="hidden-text">: {key}</span>
            </button>
          )}
          <ConfirmButton deed="End now" act={() => end(nowMs, `${key} has ended.`)} isDisabled={order.isBusy}>
            <p>
              Pages that still have <code>{key}</code> are refused from now on: nothing more is taken of them.
            </p>
            <p>{lastUsedMs === undefined ? 'It was never used.' : `It was used ${formatAge(nowMs - lastUsedMs)}.`}</p>
          </ConfirmButton>
        </div>
      )}
    </li>
  );
}
