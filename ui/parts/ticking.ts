/** Time that moves on screen. */
import { useEffect, useState } from 'preact/hooks';
import { useWorkspace } from '../state/workspace.ts';

/** The server's time, once a second while the page is visible: for "12 s ago" that stays true. */
export function useServerNowMs(): number {
  const { live } = useWorkspace();
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNowMs(Date.now());
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  return nowMs + live.offsetMs.value;
}
