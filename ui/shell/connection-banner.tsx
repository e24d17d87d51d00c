/** Says that what is shown is not live, and since when, or that the store is away; goes away by itself. Values are greyed once it lasts. */
import { useEffect, useState } from 'preact/hooks';
import { formatClock } from '../look/format.ts';
import { useWorkspace } from '../state/workspace.ts';

/** A connection that comes back sooner does not make the page look old. */
const STALE_AFTER_MS = 10_000;

/** True once the connection has been lost for so long that values should look old. */
export function useIsStale(): boolean {
  const { live } = useWorkspace();
  const isLost = live.connection.value.status === 'lost';
  const [isStale, setIsStale] = useState(false);
  useEffect(() => {
    setIsStale(false);
    if (!isLost) return;
    const timer = setTimeout(() => setIsStale(true), STALE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [isLost]);
  return isStale;
}

export function ConnectionBanner() {
  const { live, pulse } = useWorkspace();
  const { status, asOfMs } = live.connection.value;
  return (
    <div role="status">
      {status === 'lost' && (
        <div class="banner">
          <span>Reconnecting. Data as of {formatClock(asOfMs)}.</span>
          <button type="button" class="small" onClick={live.retryNow}>
            Try now
          </button>
        </div>
      )}
      {status !== 'lost' && pulse.latest.value?.storeAway && (
        <div class="banner">
          <span>The store takes nothing now. New events are held, and stored when it is back.</span>
        </div>
      )}
    </div>
  );
}
