/** "42 connected": true at every moment, and honest when it cannot be. */
import { formatCount } from '../look/format.ts';
import { StateMark } from '../parts/state-shape.tsx';
import { linkTo } from '../state/address.ts';
import { useAddress, useMay, useWorkspace } from '../state/workspace.ts';

export function Connected() {
  const { live, pulse } = useWorkspace();
  const { view } = useAddress();
  const may = useMay();
  const isLost = live.connection.value.status === 'lost';
  const count = pulse.latest.value?.states.LISTEN;
  return (
    <a
      class="connected"
      href={may('actors.watch') ? linkTo(view, '/actors', { state: 'LISTEN' }) : linkTo(view, '/live')}
      title={isLost ? 'Not live at the moment' : 'Sessions in LISTEN now'}
    >
      <svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">
        <StateMark place={isLost || count === undefined ? 'INIT' : 'LISTEN'} />
      </svg>
      {count === undefined ? '–' : formatCount(count)} <span class="only-wide">connected</span>
      <span class="hidden-text only-narrow">connected</span>
    </a>
  );
}
