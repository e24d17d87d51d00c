/** The newest sessions as they begin. Hovering pauses the list; what is new waits behind a button. */
import { useState } from 'preact/hooks';
import type { NewestRow } from '../../../engine/protocol/live.ts';
import { formatAge, formatCount, formatUrl } from '../../look/format.ts';
import { useHeldOrder } from '../../parts/held-order.ts';
import { StateShape } from '../../parts/state-shape.tsx';
import { Empty, Skeleton, Snippet } from '../../parts/states-of-view.tsx';
import { useServerNowMs } from '../../parts/ticking.ts';
import { writeView } from '../../state/address.ts';
import { useAddress, useApp, useWatch } from '../../state/workspace.ts';
import { type NewestRows, newestFirst, takeNewest } from './newest-rows.ts';

const LIMIT = 30;

export function NewestList() {
  const app = useApp();
  const { view, change } = useAddress();
  const nowMs = useServerNowMs();
  const [rows, setRows] = useState<NewestRows | undefined>(undefined);
  // Rows that are held but no longer among the newest stay drawable while the pointer is over them.
  const [isHeld, setIsHeld] = useState(false);
  const [known, setKnown] = useState<NewestRows>(new Map());
  const [releases, setReleases] = useState(0);
  useWatch('newest', { type: 'watch-newest', app: app.key, limit: LIMIT }, (message) => {
    const next = takeNewest(rows ?? new Map(), message, LIMIT);
    setRows(next);
    setKnown((before) => (isHeld ? new Map([...before, ...next]) : next));
  });

  const latest = rows ? newestFirst(rows).map((row) => row.session) : [];
  const { order, waiting } = useHeldOrder(latest, isHeld, String(releases));

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const links = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>('a')];
    const place = links.indexOf(document.activeElement as HTMLElement) + step;
    links[place]?.focus();
    const session = order[place];
    if (view.open !== '' && session !== undefined) change({ open: session }, 'replace');
  };

  return (
    <section class="card newest" aria-labelledby="newest" onPointerEnter={() => setIsHeld(true)} onPointerLeave={() => setIsHeld(false)}>
      <header>
        <h2 id="newest">Newest sessions</h2>
        <span class="label">{isHeld ? 'Paused while you point at it' : 'Newest first'}</span>
      </header>
      {waiting > 0 && (
        <button type="button" class="new-rows small" onClick={() => setReleases(releases + 1)}>
          {formatCount(waiting)} new
        </button>
      )}
      {!rows && <Skeleton lines={8} />}
      {rows && order.length === 0 && (
        <Empty title="No session has begun yet">
          <p>Paste this into the pages of {app.name}, before the closing head tag. The first visit shows here within a second.</p>
          <Snippet text={app.snippet} />
          <p class="label">Allowed origins: {app.origins.join(', ')}</p>
        </Empty>
      )}
      <ul onKeyDown={onKeyDown}>
        {order.map((session) => {
          const row = known.get(session);
          return (
            row && (
              <NewestItem
                key={session}
                row={row}
                nowMs={nowMs}
                isOpen={view.open === session}
                href={`/live${writeView({ ...view, open: session })}`}
              />
            )
          );
        })}
      </ul>
    </section>
  );
}

type ItemProps = { readonly row: NewestRow; readonly nowMs: number; readonly isOpen: boolean; readonly href: string };

function NewestItem({ row, nowMs, isOpen, href }: ItemProps) {
  return (
    <li>
      <a href={href} {...(isOpen ? { 'aria-current': 'true' } : {})}>
        <StateShape place={row.state} endReason={row.endReason} />
        <span class="cut">
          {formatUrl(row.url)}
          {row.bot && <span class="label"> · bot</span>}
        </span>
        <span class="cut quiet only-wide">{row.referrer === '' ? 'direct' : `from ${formatUrl(row.referrer)}`}</span>
        <span class="cut quiet only-wide">
          {row.browser}, {row.os}
        </span>
        <span class="end only-wide">
          {formatCount(row.events)} {row.events === 1 ? 'event' : 'events'}
        </span>
        <span class="end quiet">{formatAge(nowMs - row.startedMs)}</span>
      </a>
    </li>
  );
}
