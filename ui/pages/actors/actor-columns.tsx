/** What operators see of an actor. */
import type { ActorRow } from '../../../engine/protocol/live.ts';
import { formatBytes, formatDuration, formatId, formatRate, formatUrl } from '../../look/format.ts';
import type { Column } from '../../parts/data-table.tsx';
import { StateShape } from '../../parts/state-shape.tsx';

/** @param nowMs the server's time: time in state ticks */
export function actorColumns(nowMs: number): readonly Column<ActorRow>[] {
  return [
    { id: 'session', label: 'Session', isSortable: true, cell: (row) => <span class="mono">{formatId(row.session)}</span> },
    {
      id: 'state',
      label: 'State',
      isSortable: true,
      cell: (row) => (
        <>
          <StateShape place={row.state} named />
          {row.quarantined && <span class="label"> · quarantined</span>}
          {!row.quarantined && row.restarts > 0 && <span class="label"> · restarted {row.restarts}×</span>}
        </>
      ),
    },
    {
      id: 'sinceMs',
      label: 'In state',
      isNumber: true,
      isSortable: true,
      cell: (row) => formatDuration(Math.max(0, Math.floor((nowMs - row.sinceMs) / 1000) * 1000)),
    },
    { id: 'inbox', label: 'Inbox', isNumber: true, isSortable: true, cell: (row) => <Inbox row={row} /> },
    { id: 'eventsPerSec', label: 'Events/s', isNumber: true, isSortable: true, cell: (row) => formatRate(row.eventsPerSec) },
    { id: 'bytesPerSec', label: 'Bytes/s', isNumber: true, isLessImportant: true, cell: (row) => formatBytes(row.bytesPerSec) },
    { id: 'node', label: 'Node', isSortable: true, isLessImportant: true, cell: (row) => row.node },
    { id: 'page', label: 'Page', isWide: true, cell: (row) => formatUrl(row.url) },
    { id: 'browser', label: 'Browser', isLessImportant: true, cell: (row) => `${row.browser}, ${row.device}` },
  ];
}

/** From half full on the tracker is asked to send less (SPEC SM3): worth a colour. */
const HIGH_SHARE = 0.5;
const BAR_PX = 48;

function Inbox({ row }: { row: ActorRow }) {
  const share = row.inboxMax === 0 ? 0 : Math.min(1, row.inbox / row.inboxMax);
  return (
    <span class="bar-cell">
      {row.inbox}/{row.inboxMax}
      <svg width={BAR_PX} height="6" aria-hidden="true">
        <rect class="track" width={BAR_PX} height="6" rx="2" />
        <rect class={share >= HIGH_SHARE ? 'value is-high' : 'value'} width={share * BAR_PX} height="6" rx="2" />
      </svg>
    </span>
  );
}
