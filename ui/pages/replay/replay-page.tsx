/** Replay: what a visitor's pointer did, over the page as it was recorded or laid out. A live session grows while it is watched. */
import { Pause, Play } from 'lucide-preact';
import { useEffect, useMemo } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { formatDay, formatId, formatPosition } from '../../look/format.ts';
import { StateShape } from '../../parts/state-shape.tsx';
import { Empty, RefusalMessage, Skeleton } from '../../parts/states-of-view.tsx';
import { linkTo } from '../../state/address.ts';
import { askChunks, askSession } from '../../state/api.ts';
import { useQuestion } from '../../state/question.ts';
import { useAddress, useApp, useWatch } from '../../state/workspace.ts';
import { EventList } from './event-list.tsx';
import { type Player, usePlayer } from './player.ts';
import { quietsOf, SPEEDS } from './playhead.ts';
import { type Recording, readRecording } from './recording.ts';
import { Stage } from './stage.tsx';
import { Timeline } from './timeline.tsx';
import { useRecordedDom } from './use-recorded-dom.ts';

export function ReplayPage() {
  const app = useApp();
  const { view } = useAddress();
  const session = useRoute().params['session'] ?? '';
  const detail = useQuestion(`${app.key} ${session}`, (signal) => askSession(app.key, session, signal));
  const chunks = useQuestion(`${app.key} ${session} chunks`, (signal) => askChunks(app.key, session, signal));
  useWatch('stored', { type: 'watch-stored', app: app.key }, (stored) => {
    if (!stored.sessions.includes(session)) return;
    chunks.again();
    detail.again();
  });
  const recording = useMemo(() => chunks.data && readRecording(chunks.data), [chunks.data]);
  const row = detail.data?.row;
  const refusal = chunks.refusal ?? detail.refusal;
  return (
    <div class="page fixed stacks">
      <header>
        <h1>Replay</h1>
        <p>
          {row && <StateShape place={row.state ?? 'END'} endReason={row.endReason} />}
          <a href={linkTo(view, '/sessions', { open: session })}>Session {formatId(session)}</a>
          {row && `${formatDay(row.startedMs)}, ${row.browser} on ${row.os}`}
        </p>
      </header>
      {refusal && (
        <RefusalMessage
          refusal={refusal}
          again={() => {
            chunks.again();
            detail.again();
          }}
        />
      )}
      {chunks.isFirst && <Skeleton lines={10} />}
      {recording && recording.moments.length === 0 && (
        <section class="card">
          <Empty title="Nothing is stored of this session yet">
            <p>Events are stored about a second after they happen. This page shows them as soon as they are.</p>
            <a class="button" href={linkTo(view, '/sessions')}>
              Other sessions
            </a>
          </Empty>
        </section>
      )}
      {recording && recording.moments.length > 0 && <Playing recording={recording} isLive={row?.state !== undefined} />}
    </div>
  );
}

/** Arrow keys seek by this, with Shift by the larger. */
const SEEK_MS = 5_000;
const SEEK_FAR_MS = 30_000;

function Playing({ recording, isLive }: { recording: Recording; isLive: boolean }) {
  const { view, change } = useAddress();
  const quiets = useMemo(() => quietsOf(recording), [recording]);
  const dom = useRecordedDom(recording, isLive);
  const player = usePlayer(recording, quiets, recording.startMs + view.at * 1000, isLive, (atMs) =>
    change({ at: Math.round((atMs - recording.startMs) / 1000) }, 'replace'),
  );

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector('dialog[open], [popover]:popover-open')) return;
      const target = event.target as Element;
      if (target.closest('input, select, textarea')) return;
      const byMs = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (byMs !== undefined) player.seek(player.at.value + byMs * (event.shiftKey ? SEEK_FAR_MS : SEEK_MS));
      else if (event.key === 'Home') player.seek(recording.startMs);
      else if (event.key === 'End') player.seek(recording.endMs);
      // On a button, space presses it.
      else if (event.key === ' ' && !target.closest('button, a')) player.toggle();
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });

  return (
    <div class="replay">
      <Stage recording={recording} dom={dom} at={player.at} />
      <section class="card controls" aria-label="Player">
        <Timeline recording={recording} quiets={quiets} at={player.at} seek={player.seek} />
        <Buttons player={player} recording={recording} quietCount={quiets.length} isLive={isLive} unread={dom?.unreadable ?? 0} />
      </section>
      <EventList recording={recording} at={player.at} seek={player.seek} />
    </div>
  );
}

type ButtonsProps = {
  readonly player: Player;
  readonly recording: Recording;
  readonly quietCount: number;
  readonly isLive: boolean;
  /** Pieces of the recorded page that could not be read. */
  readonly unread: number;
};

function Buttons({ player, recording, quietCount, isLive, unread }: ButtonsProps) {
  const isPlaying = player.isPlaying.value;
  return (
    <div class="buttons">
      <button type="button" class="main" onClick={player.toggle} title={isPlaying ? 'Pause (space)' : 'Play (space)'}>
        {isPlaying ? <Pause size={14} aria-hidden="true" /> : <Play size={14} aria-hidden="true" />}
        {isPlaying ? 'Pause' : 'Play'}
      </button>
      <span class="position">
        {formatPosition(player.at.value - recording.startMs)}{' '}
        <span class="quiet">
          / {formatPosition(recording.endMs - recording.startMs)}
          {isLive && ', still going'}
        </span>
      </span>
      {recording.unreadable > 0 && <span class="label">{recording.unreadable} frames could not be read and are left out</span>}
      {unread > 0 && <span class="label">{unread} pieces of the recorded page could not be read and are left out</span>}
      <label class="check">
        <input type="checkbox" checked={player.isSkipping.value} onChange={(event) => player.setSkipping(event.currentTarget.checked)} />{' '}
        Skip inactivity
        <span class="label"> ({quietCount} over 10 s)</span>
      </label>
      <select
        aria-label="Speed"
        value={player.speed.value}
        onChange={(event) => {
          const chosen = SPEEDS.find((speed) => speed === Number(event.currentTarget.value));
          if (chosen !== undefined) player.setSpeed(chosen);
        }}
      >
        {SPEEDS.map((speed) => (
          <option key={speed} value={speed}>
            {speed}×
          </option>
        ))}
      </select>
    </div>
  );
}
