/** Sessions: who came, and what they did; new ones arrive by themselves. */
import { useCallback, useState } from 'preact/hooks';
import type { SessionQuery, SessionRow } from '../../../engine/protocol/api.ts';
import { formatCount, formatDay, formatDuration, formatHost, formatId, formatUrl } from '../../look/format.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { useHeldOrder } from '../../parts/held-order.ts';
import { type RowWindow, rowWindow } from '../../parts/row-window.ts';
import { SessionPanel } from '../../parts/session-panel.tsx';
import { StateShape } from '../../parts/state-shape.tsx';
import { Empty, RefusalMessage, Skeleton, Snippet } from '../../parts/states-of-view.tsx';
import type { View } from '../../state/address.ts';
import { writeView } from '../../state/address.ts';
import { askSessions } from '../../state/api.ts';
import { useQuestion } from '../../state/question.ts';
import { boundsOf, labelOf } from '../../state/range.ts';
import { useAddress, useApp, useWatch } from '../../state/workspace.ts';
import { SessionFilters } from './session-filters.tsx';

type Sort = NonNullable<SessionQuery['sort']>;
const SORTS: readonly Sort[] = ['startedMs', 'lastSeenMs', 'events', 'clicks', 'views', 'durationMs'];

const COLUMNS: readonly Column<SessionRow>[] = [
  {
    id: 'session',
    label: 'Session',
    cell: (row) => (
      <span class="state">
        <StateShape place={row.state ?? 'END'} endReason={row.endReason} /> <span class="mono">{formatId(row.session)}</span>
      </span>
    ),
  },
  { id: 'startedMs', label: 'Started', isSortable: true, cell: (row) => formatDay(row.startedMs) },
  {
    id: 'durationMs',
    label: 'Lasted',
    isNumber: true,
    isSortable: true,
    cell: (row) => formatDuration((row.endedMs ?? row.lastSeenMs) - row.startedMs),
  },
  { id: 'entryUrl', label: 'Came in at', isWide: true, cell: (row) => formatUrl(row.entryUrl) },
  {
    id: 'referrer',
    label: 'From',
    isWide: true,
    isLessImportant: true,
    cell: (row) => (row.referrer === '' ? 'direct' : formatHost(row.referrer)),
  },
  {
    id: 'browser',
    label: 'Browser',
    isLessImportant: true,
    cell: (row) => (
      <>
        {row.browser}, {row.os}
        {row.bot && <span class="label"> · bot</span>}
      </>
    ),
  },
  { id: 'views', label: 'Views', isNumber: true, isSortable: true, cell: (row) => formatCount(row.views) },
  { id: 'clicks', label: 'Clicks', isNumber: true, isSortable: true, cell: (row) => formatCount(row.clicks) },
  { id: 'events', label: 'Events', isNumber: true, isSortable: true, cell: (row) => formatCount(row.events) },
];

export function SessionsPage() {
  const app = useApp();
  const { view, change } = useAddress();
  const [range, setRange] = useState<RowWindow>({ offset: 0, limit: 100 });
  const [isHeld, setIsHeld] = useState(false);
  const [releases, setReleases] = useState(0);
  const sort = SORTS.find((known) => known === view.sort) ?? 'startedMs';
  const scope = JSON.stringify([app.key, view.range, view.text, view.device, view.live, sort, view.direction]);
  const { data, refusal, isFirst, again } = useQuestion(
    `${scope} ${range.offset} ${range.limit}`,
    async (signal) => {
      const answer = await askSessions(queryOf(app.key, view, sort, range), signal);
      return answer.ok ? { ok: true, value: { ...answer.value, offset: range.offset, scope } } : answer;
    },
    { keep: true },
  );
  useWatch('stored', { type: 'watch-stored', app: app.key }, again);

  const { order, waiting } = useHeldOrder(data?.rows.map((row) => row.session) ?? [], isHeld, `${data?.scope} ${data?.offset} ${releases}`);
  const bySession = useRowsBySession(data?.rows, isHeld);
  const rowAt = (index: number) => bySession.get(order[index - (data?.offset ?? 0)] ?? '');
  const onRange = useCallback((start: number, end: number) => {
    const next = rowWindow(start, end);
    setRange((before) => (before.offset === next.offset && before.limit === next.limit ? before : next));
  }, []);

  return (
    <div class="page fixed">
      <header>
        <h1>Sessions</h1>
        <p>{data && `${formatCount(data.total)} ${data.total === 1 ? 'session' : 'sessions'}, ${labelOf(view.range).toLowerCase()}`}</p>
      </header>
      <SessionFilters />
      {refusal && <RefusalMessage refusal={refusal} again={again} />}
      <section
        class="card table-frame"
        onPointerEnter={() => setIsHeld(true)}
        onPointerLeave={() => setIsHeld(false)}
        aria-label="Sessions"
      >
        {isFirst && <Skeleton lines={10} />}
        {data?.total === 0 && <NoSessions />}
        {data && data.total > 0 && (
          <>
            {waiting > 0 && (
              <button type="button" class="new-rows small" onClick={() => setReleases(releases + 1)}>
                {formatCount(waiting)} new
              </button>
            )}
            <DataTable
              caption="Sessions"
              columns={COLUMNS}
              count={data.total}
              rowAt={rowAt}
              keyOf={(row) => row.session}
              sort={sort}
              direction={view.direction}
              onSort={(column, direction) => change({ sort: column, direction })}
              open={view.open}
              hrefOf={(row) => `/sessions${writeView({ ...view, open: row.session })}`}
              onOpen={(row) => change({ open: row.session }, view.open === '' ? 'push' : 'replace')}
              onRange={onRange}
            />
          </>
        )}
      </section>
      {view.open !== '' && <SessionPanel session={view.open} close={() => change({ open: '' })} />}
    </div>
  );
}

/** The latest rows; while held, those that left the list as well. */
function useRowsBySession(rows: readonly SessionRow[] | undefined, isHeld: boolean): ReadonlyMap<string, SessionRow> {
  const [known] = useState(() => new Map<string, SessionRow>());
  if (!isHeld) known.clear();
  for (const row of rows ?? []) known.set(row.session, row);
  return known;
}

function queryOf(app: string, view: View, sort: Sort, range: RowWindow): SessionQuery {
  return {
    app,
    ...boundsOf(view.range, Date.now()),
    ...(view.text === '' ? {} : { text: view.text }),
    ...(view.device === '' ? {} : { device: view.device }),
    ...(view.live ? { live: true } : {}),
    sort,
    descending: view.direction === 'down',
    ...range,
  };
}

function NoSessions() {
  const app = useApp();
  const { view, change } = useAddress();
  const isFiltered = view.text !== '' || view.device !== '' || view.live;
  return isFiltered ? (
    <Empty title="No session matches">
      <p>Nothing in {labelOf(view.range).toLowerCase()} fits these filters.</p>
      <button type="button" onClick={() => change({ text: '', device: '', live: false })}>
        Clear filters
      </button>
    </Empty>
  ) : (
    <Empty title="No sessions in this range">
      <p>Choose a longer range, or paste this into the pages of {app.name}; visits show here as they happen.</p>
      <Snippet text={app.snippet} />
    </Empty>
  );
}
