/** Actors: every live session as the machine has it, and the lifecycle they go through. */
import { useCallback, useState } from 'preact/hooks';
import { STATES } from '../../../engine/protocol/lifecycle.ts';
import { ACTOR_SORTS, type ActorRow } from '../../../engine/protocol/live.ts';
import { formatCount } from '../../look/format.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { useHeldOrder } from '../../parts/held-order.ts';
import { type RowWindow, rowWindow } from '../../parts/row-window.ts';
import { SessionPanel } from '../../parts/session-panel.tsx';
import { PLACE_NAMES } from '../../parts/state-shape.tsx';
import { Empty, Skeleton, Snippet } from '../../parts/states-of-view.tsx';
import { TextFilter } from '../../parts/text-filter.tsx';
import { useServerNowMs } from '../../parts/ticking.ts';
import { readView, writeView } from '../../state/address.ts';
import { useAddress, useApp, useWatch } from '../../state/workspace.ts';
import { actorColumns } from './actor-columns.tsx';
import { type ActorWindow, takeActors } from './actor-window.ts';
import { Statechart } from './statechart.tsx';

export function ActorsPage() {
  const app = useApp();
  const { view, change } = useAddress();
  const nowMs = useServerNowMs();
  const [range, setRange] = useState<RowWindow>({ offset: 0, limit: 100 });
  const [actors, setActors] = useState<ActorWindow | undefined>(undefined);
  const [isHeld, setIsHeld] = useState(false);
  const [releases, setReleases] = useState(0);
  const [known] = useState(() => new Map<string, ActorRow>());
  const sort = ACTOR_SORTS.find((candidate) => candidate === view.sort) ?? 'startedMs';

  useWatch(
    'actors',
    {
      type: 'watch-actors',
      app: app.key,
      sort,
      descending: view.direction === 'down',
      ...(view.text === '' ? {} : { text: view.text }),
      ...(view.state === '' ? {} : { state: view.state }),
      ...range,
    },
    (message) => {
      const next = takeActors(actors, message, range.offset);
      if (!isHeld) known.clear();
      for (const row of next.rows.values()) known.set(row.session, row);
      setActors(next);
    },
  );

  const scope = JSON.stringify([sort, view.direction, view.text, view.state, actors?.offset, releases]);
  const { order, waiting } = useHeldOrder(actors?.order ?? [], isHeld, scope);
  const onRange = useCallback((start: number, end: number) => {
    const next = rowWindow(start, end);
    setRange((before) => (before.offset === next.offset && before.limit === next.limit ? before : next));
  }, []);
  const isFiltered = view.text !== '' || view.state !== '';

  return (
    <div class="page fixed stacks">
      <header>
        <h1>Actors</h1>
        <p>{actors && `${formatCount(actors.total)} ${isFiltered ? 'match' : 'live'}`}</p>
      </header>
      <section class="card" aria-label="Lifecycle">
        <Statechart states={actors?.states} edges={actors?.edges ?? {}} chosen={view.state} choose={(state) => change({ state })} />
      </section>
      <search class="filters">
        <TextFilter label="Session, visitor, page, node" value={view.text} onChange={(text) => change({ text }, 'replace')} />
        <select
          aria-label="State"
          value={view.state}
          onChange={(event) => change({ state: readView(`state=${event.currentTarget.value}`).state })}
        >
          <option value="">All states</option>
          {STATES.map((state) => (
            <option key={state} value={state}>
              {PLACE_NAMES[state]}
            </option>
          ))}
        </select>
      </search>
      <section
        class="card table-frame actors-table"
        onPointerEnter={() => setIsHeld(true)}
        onPointerLeave={() => setIsHeld(false)}
        aria-label="Live actors"
      >
        {!actors && <Skeleton lines={8} />}
        {actors?.total === 0 && <NoActors isFiltered={isFiltered} />}
        {waiting > 0 && (
          <button type="button" class="new-rows small" onClick={() => setReleases(releases + 1)}>
            {formatCount(waiting)} new
          </button>
        )}
        {actors && actors.total > 0 && (
          <DataTable
            caption="Live actors"
            columns={actorColumns(nowMs)}
            count={actors.total}
            rowAt={(index) => known.get(order[index - actors.offset] ?? '')}
            keyOf={(row) => row.session}
            sort={sort}
            direction={view.direction}
            onSort={(column, direction) => change({ sort: column, direction })}
            open={view.open}
            hrefOf={(row) => `/actors${writeView({ ...view, open: row.session })}`}
            onOpen={(row) => change({ open: row.session }, view.open === '' ? 'push' : 'replace')}
            onRange={onRange}
          />
        )}
      </section>
      {view.open !== '' && (
        <SessionPanel session={view.open} close={() => change({ open: '' })} version={known.get(view.open)?.state ?? 'END'} />
      )}
    </div>
  );
}

function NoActors({ isFiltered }: { isFiltered: boolean }) {
  const app = useApp();
  const { change } = useAddress();
  return isFiltered ? (
    <Empty title="No live session matches">
      <p>Sessions leave this table once they have ended; ended ones are under Sessions.</p>
      <button type="button" onClick={() => change({ text: '', state: '' })}>
        Clear filters
      </button>
    </Empty>
  ) : (
    <Empty title="Nobody is connected">
      <p>Each open tab of {app.name} becomes one actor. Open one of its pages, or paste this into them:</p>
      <Snippet text={app.snippet} />
    </Empty>
  );
}
