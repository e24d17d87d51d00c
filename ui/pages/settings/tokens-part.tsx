/** API tokens of an app: made with a name, scopes and an end; the token itself is shown once. */
import { useState } from 'preact/hooks';
import { SCOPES, type Scope } from '../../../engine/protocol/access.ts';
import type { KeyList } from '../../../engine/protocol/administration.ts';
import { formatAge, formatDay } from '../../look/format.ts';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { Field } from '../../parts/field.tsx';
import { useServerNowMs } from '../../parts/ticking.ts';
import { createToken, endToken } from '../../state/settings-api.ts';
import { useApp } from '../../state/workspace.ts';
import { Part } from './part.tsx';
import { ShownOnce } from './shown-once.tsx';
import { OrderNote, useOrder } from './use-order.tsx';

type Token = KeyList['tokens'][number];

const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  'events.write': 'send events from a server',
  'reports.read': 'read reports, sessions and replays',
};
const DAY_MS = 86_400_000;
const TERMS = [
  { days: 30, label: '30 days' },
  { days: 90, label: '90 days' },
  { days: 365, label: 'a year' },
  { days: 730, label: 'two years' },
] as const;
const TERM_DAYS = 90;

export function TokensPart({ tokens, again }: { tokens: readonly Token[]; again: () => void }) {
  const app = useApp();
  const nowMs = useServerNowMs();
  const order = useOrder();
  return (
    <Part title="API tokens" about="Secret: a server of yours shows one to send events or to read. Never put one into a page.">
      {tokens.length === 0 ? (
        <p class="quiet">There are none.</p>
      ) : (
        <ul class="rows" aria-label="API tokens">
          {tokens.map((token) => (
            <li key={token.id} class={token.expiresMs <= nowMs ? 'is-over' : ''}>
              <div class="what">
                <strong>{token.name}</strong> <code class="quiet">…{token.ending}</code>{' '}
                <span>may {token.scopes.map((scope) => SCOPE_WORDS[scope]).join(', ')}</span>
                <span class="label">
                  made {formatDay(token.createdMs)} by {token.createdBy} ·{' '}
                  {token.lastUsedMs === undefined ? 'never used' : `used ${formatAge(nowMs - token.lastUsedMs)}`} ·{' '}
                  {token.expiresMs <= nowMs ? 'expired' : 'expires'} {formatDay(token.expiresMs)}
                </span>
              </div>
              <div class="acts">
                <ConfirmButton
                  deed={`End ${token.name}`}
                  isDisabled={order.isBusy}
                  act={() => order.give(() => endToken(app.key, token.id), `${token.name} has ended.`, again)}
                >
                  <p>Servers that show it are refused at once. It cannot be brought back.</p>
                </ConfirmButton>
              </div>
            </li>
          ))}
        </ul>
      )}
      <OrderNote order={order} />
      <NewToken again={again} />
    </Part>
  );
}

function NewToken({ again }: { again: () => void }) {
  const app = useApp();
  const nowMs = useServerNowMs();
  const order = useOrder();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>([]);
  const [days, setDays] = useState<number>(TERM_DAYS);
  const [made, setMade] = useState('');
  const make = () =>
    order.give(
      () => createToken(app.key, { name: name.trim(), scopes: [...scopes], expiresMs: nowMs + days * DAY_MS }),
      '',
      ({ token }) => {
        setMade(token);
        setName('');
        setScopes([]);
        again();
      },
    );
  return (
    <>
      {made !== '' && (
        <ShownOnce text={made} what="token" done={() => setMade('')}>
          Copy the token now and keep it where your server finds it. It is not shown again.
        </ShownOnce>
      )}
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          make();
        }}
      >
        <h3>New token</h3>
        <Field label="Name" hint="What will use it." required maxLength={80} autocomplete="off" value={name} onValue={setName} />
        <fieldset>
          <legend>It may</legend>
          {SCOPES.map((scope) => (
            <label key={scope} class="check">
              <input
                type="checkbox"
                checked={scopes.includes(scope)}
                onChange={({ currentTarget }) =>
                  setScopes(SCOPES.filter((other) => (other === scope ? currentTarget.checked : scopes.includes(other))))
                }
              />
              {SCOPE_WORDS[scope]}
            </label>
          ))}
        </fieldset>
        <label class="field">
          Expires in
          <select value={String(days)} onChange={({ currentTarget }) => setDays(Number(currentTarget.value))}>
            {TERMS.map((term) => (
              <option key={term.days} value={String(term.days)}>
                {term.label}
              </option>
            ))}
          </select>
        </label>
        <div class="form-foot">
          <button type="submit" disabled={order.isBusy || scopes.length === 0}>
            Make the token
          </button>
        </div>
        <OrderNote order={order} />
      </form>
    </>
  );
}
