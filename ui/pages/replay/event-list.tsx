/** The events beside the replay. It follows the time; a click goes there. */
import { type ReadonlySignal, useComputed } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { formatPosition } from '../../look/format.ts';
import { useVirtualRows } from '../../parts/virtual-rows.ts';
import { eventWords } from './event-words.ts';
import { lastBefore, type Moment, type Recording } from './recording.ts';

const ROW_PX = 36;

type Props = { readonly recording: Recording; readonly at: ReadonlySignal<number>; readonly seek: (atMs: number) => void };

export function EventList({ recording, at, seek }: Props) {
  const { listed, startMs } = recording;
  // A new recording is a new list: computed again for it, not only for a new time.
  const current = useComputed(() => lastBefore(listed, at.value)).value;
  const { scroll, virtual } = useVirtualRows(listed.length, ROW_PX);
  useEffect(() => {
    if (current >= 0) virtual.scrollToIndex(current, { align: 'auto' });
  }, [current, virtual]);
  return (
    <section class="card event-list" aria-label="Events">
      <header>
        <h2>Events</h2>
        <span class="label">{listed.length}</span>
      </header>
      <div class="table-scroll" ref={scroll}>
        <ol style={{ position: 'relative', height: `${virtual.getTotalSize()}px` }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const moment = listed[index];
            return (
              moment && (
                <li key={index} style={{ position: 'absolute', top: `${start}px`, left: 0, right: 0 }}>
                  <EventButton moment={moment} startMs={startMs} isCurrent={index === current} isAhead={index > current} seek={seek} />
                </li>
              )
            );
          })}
        </ol>
      </div>
    </section>
  );
}

type ButtonProps = {
  readonly moment: Moment;
  readonly startMs: number;
  readonly isCurrent: boolean;
  readonly isAhead: boolean;
  readonly seek: Props['seek'];
};

function EventButton({ moment, startMs, isCurrent, isAhead, seek }: ButtonProps) {
  const words = eventWords(moment.event);
  return (
    <button
      type="button"
      class={isAhead ? 'is-ahead' : ''}
      title={words}
      onClick={() => seek(moment.atMs)}
      {...(isCurrent ? { 'aria-current': 'step' } : {})}
    >
      <span class="label">{formatPosition(moment.atMs - startMs)}</span>
      <svg width="10" height="10" viewBox="-5 -5 10 10" aria-hidden="true">
        {moment.event.kind === 'error' ? (
          <path class="mark-error" d="M0 -4 L5 5 H-5 Z" />
        ) : moment.event.kind === 'click' || moment.event.kind === 'hover' ? (
          <circle class={`mark-${moment.event.kind}`} r={moment.event.kind === 'click' ? 4.5 : 3} />
        ) : (
          <rect class={`mark-${moment.event.kind}`} x="-1.5" y="-5" width="3" height="10" />
        )}
      </svg>
      <span class="cut">{words}</span>
    </button>
  );
}
