/** What narrows the list of sessions. */
import { TextFilter } from '../../parts/text-filter.tsx';
import { readView } from '../../state/address.ts';
import { useAddress } from '../../state/workspace.ts';

export function SessionFilters() {
  const { view, change } = useAddress();
  return (
    <search class="filters">
      <TextFilter label="Address, visitor, session, browser" value={view.text} onChange={(text) => change({ text }, 'replace')} />
      <select
        aria-label="Device"
        value={view.device}
        onChange={(event) => change({ device: readView(`device=${event.currentTarget.value}`).device })}
      >
        <option value="">All devices</option>
        <option value="desktop">Desktop</option>
        <option value="mobile">Mobile</option>
        <option value="tablet">Tablet</option>
        <option value="other">Other</option>
      </select>
      <label class="check">
        <input type="checkbox" checked={view.live} onChange={(event) => change({ live: event.currentTarget.checked })} />
        Live only
      </label>
    </search>
  );
}
