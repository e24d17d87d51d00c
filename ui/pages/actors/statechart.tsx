/** The lifecycle as a picture: how many sessions are in each state, and what moves them at the moment. */
import { END, type LifecycleEvent, STATES, type State } from '../../../engine/protocol/lifecycle.ts';
import type { StateCounts } from '../../../engine/protocol/live.ts';
import { formatCount, formatRate } from '../../look/format.ts';
import { PLACE_NAMES, StateMark } from '../../parts/state-shape.tsx';
import { CHART_HEIGHT, CHART_WIDTH, type Edge, END_RADIUS, edgeKey, edgesOf, NODE_HEIGHT, NODE_WIDTH, NODES } from './statechart-layout.ts';

const EDGES = edgesOf();

/** Short enough to stand on an arrow. */
const EVENT_WORDS: Readonly<Record<LifecycleEvent, string>> = {
  HELLO_BEGUN: 'hello again',
  HELLO_ADMITTED: 'admitted',
  HELLO_REFUSED: 'refused',
  SOCKET_OPENED: 'socket opened',
  SOCKET_DROPPED: 'socket dropped',
  GOODBYE_SAID: 'goodbye',
  DEADLINE_PASSED: 'deadline',
  CLOSE: 'close',
  FLUSHED: 'flushed',
};

type Props = {
  readonly states: StateCounts | undefined;
  /** Transitions per second by `STATE>EVENT`. */
  readonly edges: Readonly<Record<string, number>>;
  readonly chosen: '' | State;
  readonly choose: (state: '' | State) => void;
};

export function Statechart({ states, edges, chosen, choose }: Props) {
  return (
    // It scrolls where it does not fit, so the keyboard must reach it.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region without a stop of its own cannot be scrolled by keyboard
    <section class="statechart-scroll" aria-label="Lifecycle of all sessions" tabIndex={0}>
      <svg class="statechart" viewBox={`0 0 ${CHART_WIDTH} ${CHART_HEIGHT}`}>
        <title>Lifecycle of sessions</title>
        {EDGES.map((edge) => (
          <Arrow key={`${edge.from} ${edge.to}`} edge={edge} rates={edges} />
        ))}
        {STATES.map((state) => (
          <StateNode key={state} state={state} count={states?.[state]} isChosen={chosen === state} choose={choose} />
        ))}
        <g transform={`translate(${NODES[END].x} ${NODES[END].y})`}>
          <circle r={END_RADIUS} fill="none" stroke="var(--line-strong)" />
          <circle r="11" fill="var(--line-strong)" />
          <text x="28" y="4">
            {PLACE_NAMES[END]}
          </text>
        </g>
      </svg>
    </section>
  );
}

type NodeProps = {
  readonly state: State;
  readonly count: number | undefined;
  readonly isChosen: boolean;
  readonly choose: Props['choose'];
};

function StateNode({ state, count, isChosen, choose }: NodeProps) {
  const { x, y } = NODES[state];
  const toggle = () => choose(isChosen ? '' : state);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button cannot stand inside an SVG
    <g
      class="node"
      role="button"
      tabIndex={0}
      aria-pressed={isChosen}
      transform={`translate(${x} ${y})`}
      onClick={toggle}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        toggle();
      }}
    >
      <rect class="box" x={-NODE_WIDTH / 2} y={-NODE_HEIGHT / 2} width={NODE_WIDTH} height={NODE_HEIGHT} rx="6" />
      <g transform={`translate(${-NODE_WIDTH / 2 + 18} -13)`}>
        <StateMark place={state} />
      </g>
      <text class="name" x={-NODE_WIDTH / 2 + 32} y="-9">
        {PLACE_NAMES[state]}
      </text>
      <text class="count" x={-NODE_WIDTH / 2 + 12} y="20">
        {count === undefined ? '–' : formatCount(count)}
      </text>
    </g>
  );
}

function Arrow({ edge, rates }: { edge: Edge; rates: Props['edges'] }) {
  const rate = edge.events.reduce((sum, event) => sum + (rates[edgeKey(edge.from, event)] ?? 0), 0);
  const lines = linesOf(edge.events, rates, edge.from);
  const first = edge.label.y - ((lines.length - 1) * 13) / 2 + 4;
  return (
    <g class={rate > 0 ? 'edge is-active' : 'edge'}>
      <path d={edge.path} {...(rate > 0 ? { style: { strokeWidth: `${1.5 + Math.min(3, Math.log2(1 + rate))}px` } } : {})} />
      <path class="tip" d={edge.tip} />
      {lines.map((line, place) => (
        <text key={line} x={edge.label.x} y={first + place * 13} text-anchor={edge.anchor}>
          {line}
        </text>
      ))}
    </g>
  );
}

/** Two events a line; with their rate where there is one. */
function linesOf(events: readonly LifecycleEvent[], rates: Props['edges'], from: State): readonly string[] {
  const words = events.map((event) => {
    const rate = rates[edgeKey(from, event)] ?? 0;
    return rate > 0 ? `${EVENT_WORDS[event]} ${formatRate(Math.max(0.1, rate))}/s` : EVENT_WORDS[event];
  });
  return words.flatMap((word, place) => (place % 2 === 0 ? [[word, words[place + 1]].filter(Boolean).join(', ')] : []));
}
