/** The recording from start to end: what happened when, what is skipped, where the player stands. Drag or press keys to seek. */
import type { ReadonlySignal } from '@preact/signals';
import { formatClock, formatPosition } from '../../look/format.ts';
import type { Quiet } from './playhead.ts';
import type { Moment, Recording } from './recording.ts';

type Props = {
  readonly recording: Recording;
  readonly quiets: readonly Quiet[];
  readonly at: ReadonlySignal<number>;
  readonly seek: (atMs: number) => void;
};

export function Timeline({ recording, quiets, at, seek }: Props) {
  const { startMs, endMs } = recording;
  const spanMs = Math.max(1, endMs - startMs);
  const percent = (atMs: number) => `${Math.round(((atMs - startMs) / spanMs) * 10_000) / 100}%`;
  const seekTo = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    seek(startMs + ((event.clientX - box.left) / box.width) * spanMs);
  };
  return (
    <div
      class="timeline"
      role="slider"
      tabIndex={0}
      aria-label="Position"
      aria-valuemin={0}
      aria-valuemax={Math.round(spanMs / 1000)}
      aria-valuenow={Math.round((at.value - startMs) / 1000)}
      aria-valuetext={`${formatPosition(at.value - startMs)} of ${formatPosition(spanMs)}, ${formatClock(at.value)}`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        seekTo(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) seekTo(event);
      }}
    >
      <svg aria-hidden="true">
        <rect class="track" y="16" width="100%" height="8" rx="4" />
        <rect class="played" y="16" width={percent(at.value)} height="8" rx="4" />
        {quiets.map((quiet) => (
          <rect key={quiet.fromMs} class="quiet-gap" x={percent(quiet.fromMs)} y="18" width={percentOf(quiet, spanMs)} height="4" />
        ))}
        {markersOf(recording.listed, startMs, spanMs).map((moment, place) => (
          <Marker key={place} moment={moment} x={percent(moment.atMs)} />
        ))}
        <line class="head" x1={percent(at.value)} x2={percent(at.value)} y1="2" y2="38" />
      </svg>
    </div>
  );
}

const percentOf = (quiet: Quiet, spanMs: number) => `${((quiet.toMs - quiet.fromMs) / spanMs) * 100}%`;

/** Kinds have shapes and lanes of their own, not colours alone. */
function Marker({ moment, x }: { moment: Moment; x: string }) {
  const name = `mark-${moment.event.kind}`;
  switch (moment.event.kind) {
    case 'click':
      return <circle class={name} cx={x} cy="20" r="4" />;
    case 'hover':
      return <circle class={name} cx={x} cy="32" r="2.5" />;
    case 'error':
      return (
        <svg x={x} y="2" overflow="visible" aria-hidden="true">
          <path class={name} d="M0 0 L5 9 H-5 Z" />
        </svg>
      );
    default:
      return <rect class={name} x={x} y="6" width="2" height="28" />;
  }
}

const MARKERS_MAX = 600;

/** At most a marker per kind and slot: more would be a smear, and slow. */
function markersOf(listed: readonly Moment[], startMs: number, spanMs: number): readonly Moment[] {
  if (listed.length <= MARKERS_MAX) return listed;
  const bySlot = new Map<string, Moment>();
  for (const moment of listed) {
    const slot = Math.floor(((moment.atMs - startMs) / spanMs) * (MARKERS_MAX / 2));
    const key = `${moment.event.kind} ${slot}`;
    if (!bySlot.has(key)) bySlot.set(key, moment);
  }
  return [...bySlot.values()];
}
