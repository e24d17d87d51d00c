/** The time zone in which an app's days begin: typed, with every zone there is to choose from. */
import { useId, useMemo } from 'preact/hooks';
import { Field } from '../../parts/field.tsx';
import { useServerNowMs } from '../../parts/ticking.ts';
import { isTimeZone, timeIn, timeZones } from './time-zones.ts';

export function TimeZoneField({ value, change }: { value: string; change: (timeZone: string) => void }) {
  const list = useId();
  const nowMs = useServerNowMs();
  // Hundreds, and the same each second.
  const options = useMemo(() => timeZones().map((zone) => <option key={zone} value={zone} />), []);
  const isKnown = isTimeZone(value);
  return (
    <>
      <Field
        label="Time zone"
        hint={
          isKnown
            ? `Its days begin at midnight there. It is ${timeIn(value, nowMs)} there now.`
            : 'Type a place and choose, like Europe/Berlin.'
        }
        problem={isKnown || value === '' ? undefined : 'No time zone is called that.'}
        required
        list={list}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        value={value}
        onValue={change}
      />
      <datalist id={list}>{options}</datalist>
    </>
  );
}
