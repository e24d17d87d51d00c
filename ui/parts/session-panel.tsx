/** One session beside the page: what it is, where it came from, how it moved through its states. */
import { Play } from 'lucide-preact';
import { useEffect } from 'preact/hooks';
import type { SessionDetail, SessionRow } from '../../engine/protocol/api.ts';
import { widthClass } from '../../engine/protocol/events.ts';
import { formatClock, formatCount, formatDay, formatDuration, formatId, formatUrl } from '../look/format.ts';
import { linkTo } from '../state/address.ts';
import { askSession } from '../state/api.ts';
import { useQuestion } from '../state/question.ts';
import { useAddress, useApp, useMay, useWatch } from '../state/workspace.ts';
import { SessionControl } from './session-control.tsx';
import { SidePanel } from './side-panel.tsx';
import { PLACE_NAMES, StateShape } from './state-shape.tsx';
import { CopyButton, RefusalMessage, Skeleton } from './states-of-view.tsx';

type Props = {
  readonly session: string;
  readonly close: () => void;
  /** When it changes, the session is asked for again: its state, where the page knows it. */
  readonly version?: string;
};

export function SessionPanel({ session, close, version = '' }: Props) {
  const app = useApp();
  const { data, refusal, again, isFirst } = useQuestion(`${app.key} ${session}`, (signal) => askSession(app.key, session, signal));
  useWatch('stored', { type: 'watch-stored', app: app.key }, (stored) => {
    if (stored.sessions.includes(session)) again();
  });
  useEffect(() => {
    if (version !== '') again();
  }, [version, again]);
  return (
    <SidePanel title={<>Session {formatId(session)}</>} close={close}>
      {isFirst && <Skeleton lines={8} />}
      {refusal && <RefusalMessage refusal={refusal} again={again} />}
      {data && <Detail detail={data} again={again} />}
    </SidePanel>
  );
}

function Detail({ detail, again }: { detail: SessionDetail; again: () => void }) {
  const { row, transitions } = detail;
  const { view } = useAddress();
  const may = useMay();
  return (
    <>
      <div class="filters">
        {may('replays.read') && (
          <a class="button main" href={linkTo(view, `/sessions/${row.session}/replay`)}>
            <Play size={14} aria-hidden="true" /> Open replay
          </a>
        )}
        <a class="button" href={linkTo(view, '/heatmaps', { url: row.url, width: widthOf(row) })}>
          Heat of its page
        </a>
      </div>
      {detail.wanted && may('sessions.control') && <SessionControl key={row.session} detail={detail} again={again} />}
      <Facts row={row} />
      <section>
        <h3>Transitions</h3>
        {transitions.length === 0 ? (
          <p class="quiet">Kept only while the session is live.</p>
        ) : (
          <ol class="steps">
            {transitions.toReversed().map((transition, place) => (
              <li key={transitions.length - place}>
                <span class="shape">
                  <StateShape place={transition.state} />
                </span>
                <span>{PLACE_NAMES[transition.state]}</span>
                <span class="quiet">{formatClock(transition.atMs)}</span>
                <code class="quiet">{transition.event}</code>
              </li>
            ))}
          </ol>
        )}
      </section>
    </>
  );
}

function Facts({ row }: { row: SessionRow }) {
  const endMs = row.endedMs ?? row.lastSeenMs;
  return (
    <dl class="facts">
      <dt>State</dt>
      <dd>
        <StateShape place={row.state ?? 'END'} endReason={row.endReason} named />
      </dd>
      <dt>Started</dt>
      <dd>
        {formatDay(row.startedMs)}, {row.endedMs === undefined ? 'so far' : 'lasted'} {formatDuration(endMs - row.startedMs)}
      </dd>
      <dt>Came in at</dt>
      <dd>{formatUrl(row.entryUrl)}</dd>
      <dt>Now at</dt>
      <dd>{formatUrl(row.url)}</dd>
      <dt>Came from</dt>
      <dd>{row.referrer === '' ? 'direct' : formatUrl(row.referrer)}</dd>
      <dt>Browser</dt>
      <dd>
        {row.browser} on {row.os}, {row.device}
        {row.bot && ' (marked as a bot)'}
      </dd>
      <dt>Screen</dt>
      <dd>
        {row.screen ?? 'not known'} · {row.language}
      </dd>
      <dt>Did</dt>
      <dd>
        {formatCount(row.views)} views · {formatCount(row.clicks)} clicks · {formatCount(row.events)} events
        {row.lostEvents !== undefined && row.lostEvents > 0 && ` · ${formatCount(row.lostEvents)} given up by the tracker`}
      </dd>
      <dt>Visitor</dt>
      <dd class="mono">{row.visitor}</dd>
      <dt>Visit</dt>
      <dd class="mono">{row.visit}</dd>
      <dt>Session</dt>
      <dd>
        <span class="mono">{row.session}</span> <CopyButton text={row.session} what="session id" />
      </dd>
    </dl>
  );
}

/** The screen tells the width class only roughly; the page offers the others. */
function widthOf(row: SessionRow): '' | ReturnType<typeof widthClass> {
  const px = Number.parseInt(row.screen ?? '', 10);
  return Number.isNaN(px) ? '' : widthClass(px);
}
