/** The date range: presets, or two days. */
import { Calendar } from 'lucide-preact';
import { timeZone } from '../look/format.ts';
import { Menu, MenuItem } from '../parts/menu.tsx';
import { daysOf, labelOf, PRESETS } from '../state/range.ts';
import { useAddress } from '../state/workspace.ts';

export function RangeMenu() {
  const { view, change } = useAddress();
  const days = daysOf(view.range);
  return (
    <Menu
      label="Date range"
      button={
        <>
          <Calendar size={16} aria-hidden="true" />
          <span class="only-wide">{labelOf(view.range)}</span>
        </>
      }
    >
      {(close) => (
        <>
          <ul>
            {PRESETS.map((preset) => (
              <MenuItem
                key={preset.id}
                isChosen={labelOf(view.range) === preset.label}
                choose={() => {
                  change({ range: preset.id });
                  close();
                }}
              >
                {preset.label}
              </MenuItem>
            ))}
          </ul>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              const form = new FormData(event.currentTarget);
              const range = `${form.get('from')}..${form.get('to')}`;
              if (!daysOf(range)) return;
              change({ range });
              close();
            }}
          >
            <label>
              <span class="label">From</span>
              <input type="date" name="from" required defaultValue={days?.from} />
            </label>
            <label>
              <span class="label">To, included</span>
              <input type="date" name="to" required defaultValue={days?.to} />
            </label>
            <button type="submit">Show these days</button>
          </form>
          <p class="label note">Days are UTC. Times are shown in {timeZone()}.</p>
        </>
      )}
    </Menu>
  );
}
