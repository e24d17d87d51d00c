/** How many of the connected trackers capture by the latest version: asked while some do not yet, and somebody looks. */
import { CircleCheck } from 'lucide-preact';
import { useEffect } from 'preact/hooks';
import { formatCount } from '../../look/format.ts';
import { RefusalMessage, Skeleton } from '../../parts/states-of-view.tsx';
import { useQuestion } from '../../state/question.ts';
import { askConfirmed } from '../../state/settings-api.ts';
import { useApp } from '../../state/workspace.ts';
import { confirmedWords, isConfirmed } from './confirmed-words.ts';

const ASK_EVERY_MS = 2_000;

export function Confirmed({ version }: { version: number }) {
  const app = useApp();
  const { data, refusal, isFirst, again } = useQuestion(`confirmed ${app.key} ${version}`, (signal) => askConfirmed(app.key, signal));
  const isDone = data !== undefined && isConfirmed(data, version);
  useEffect(() => {
    if (isDone) return;
    const timer = setInterval(() => {
      if (!document.hidden) again();
    }, ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isDone, again]);
  if (isFirst) return <Skeleton lines={1} />;
  if (!data) return refusal ? <RefusalMessage refusal={refusal} again={again} /> : null;
  const { connected, confirmed } = data.version === version ? data : { connected: data.connected, confirmed: 0 };
  return (
    <div class="confirmed">
      <p class={isDone ? 'verdict-line is-good' : 'verdict-line'} role="status">
        {isDone && <CircleCheck size={18} aria-hidden="true" />}
        {confirmedWords(data, version, formatCount)}
      </p>
      {connected > 0 && !isDone && <progress max={connected} value={confirmed} aria-label="Trackers that confirmed" />}
    </div>
  );
}
