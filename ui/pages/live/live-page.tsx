/** Live: what happens now. Everything comes by the socket; nothing is polled. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { STATES } from '../../../engine/protocol/lifecycle.ts';
import type { StateCounts } from '../../../engine/protocol/live.ts';
import { ChartFigure } from '../../charts/chart-figure.tsx';
import { eventsPerSecondChart } from '../../charts/events-per-second.chart.ts';
import { formatCount, formatRate } from '../../look/format.ts';
import { SessionPanel } from '../../parts/session-panel.tsx';
import { PLACE_NAMES, StateShape } from '../../parts/state-shape.tsx';
import { linkTo } from '../../state/address.ts';
import type { Beat } from '../../state/pulse.ts';
import { useAddress, useMay, useWorkspace } from '../../state/workspace.ts';
import { NewestList } from './newest-list.tsx';

export function LivePage() {
  const { pulse } = useWorkspace();
  const { view, change } = useAddress();
  const latest = pulse.latest.value;
  return (
    <div class="page">
      <header>
        <h1>Live</h1>
        <p>What happens now, on the server’s word.</p>
      </header>
      <div class="tiles">
        <section class="card tile" aria-label="Connected now">
          <h2 class="label">Connected now</h2>
          <p class="big">{latest ? formatCount(latest.states.LISTEN) : '–'}</p>
          <p class="label">sessions in Listen: a fact, not an estimate</p>
        </section>
        <section class="card tile" aria-label="Active in 5 minutes">
          <h2 class="label">Active in 5 min</h2>
          <p class="middle">{latest ? formatCount(latest.active5min) : '–'}</p>
          <p class="label">
            {latest ? formatRate(latest.eventsPerSec) : '–'} events/s · {latest ? formatCount(latest.dropped) : '–'} refused so far
          </p>
        </section>
        <section class="card tile" aria-label="Sessions by state">
          <h2 class="label">Sessions by state</h2>
          <StateTiles states={latest?.states} />
        </section>
      </div>
      <Rate beats={pulse.history.value} />
      <NewestList />
      {view.open !== '' && <SessionPanel session={view.open} close={() => change({ open: '' })} />}
    </div>
  );
}

function StateTiles({ states }: { states: StateCounts | undefined }) {
  const { view } = useAddress();
  const may = useMay();
  return (
    <div class="state-tiles">
      {STATES.map((state) => {
        const tile = (
          <>
            <StateShape place={state} named />
            <span class="count">{states ? formatCount(states[state]) : '–'}</span>
          </>
        );
        if (!may('actors.watch')) return <div key={state}>{tile}</div>;
        return (
          <a key={state} href={linkTo(view, '/actors', { state })}>
            {tile}
            <span class="hidden-text">sessions, show {PLACE_NAMES[state]} actors</span>
          </a>
        );
      })}
    </div>
  );
}

const PAINT_MIN_MS = 250;

/** The chart, painted at most four times a second, and not at all while nobody sees the page. */
function Rate({ beats }: { beats: readonly Beat[] }) {
  const [shown, setShown] = useState(beats);
  const latest = useRef(beats);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  latest.current = beats;
  useEffect(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      if (!document.hidden) setShown(latest.current);
    }, PAINT_MIN_MS);
  }, [beats]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return <ChartFigure chart={eventsPerSecondChart(shown)} />;
}
