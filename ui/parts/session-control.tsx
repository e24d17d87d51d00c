/** How a live session is captured: what an operator may change, and whether its tracker confirmed it. */
import { Circle, Pause, Play, Square } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { SessionDetail } from '../../engine/protocol/api.ts';
import type { ControlChange, ControlEntry } from '../../engine/protocol/control.ts';
import type { Refusal } from '../../engine/protocol/hello.ts';
import { formatClock } from '../look/format.ts';
import { controlSession, endSession } from '../state/api.ts';
import { useApp } from '../state/workspace.ts';
import { ConfirmButton } from './confirm-button.tsx';
import { RefusalMessage } from './states-of-view.tsx';

const SAMPLINGS_MS = [50, 100, 250, 1_000];

type Props = { readonly detail: SessionDetail; readonly again: () => void };

export function SessionControl({ detail: { row, wanted = {}, controls }, again }: Props) {
  const app = useApp();
  const [refusal, setRefusal] = useState<Refusal>();
  const [mask, setMask] = useState(wanted.mask ?? '');
  const { signal } = new AbortController();
  const told = (answer: Awaited<ReturnType<typeof endSession>>) => {
    setRefusal(answer.ok ? undefined : answer.reason);
    again();
  };
  const change = (wish: ControlChange) => void controlSession(app.key, row.session, wish, signal).then(told);
  const end = () => void endSession(app.key, row.session, signal).then(told);
  const isClosing = row.state === 'CLOSING';
  return (
    <section class="control">
      <h3>Capturing</h3>
      <div class="filters">
        <button type="button" disabled={isClosing} onClick={() => change({ paused: !wanted.paused })}>
          {wanted.paused ? <Play size={14} aria-hidden="true" /> : <Pause size={14} aria-hidden="true" />}
          {wanted.paused ? 'Resume' : 'Pause'}
        </button>
        <button type="button" disabled={isClosing} onClick={() => change({ recording: !wanted.recording })}>
          {wanted.recording ? <Square size={14} aria-hidden="true" /> : <Circle size={14} aria-hidden="true" />}
          {wanted.recording ? 'Stop recording' : 'Record the page'}
        </button>
        <ConfirmButton deed="End session" act={end} isDisabled={isClosing}>
          <p>What its tracker still holds is taken first. The visitor notices nothing; the tab’s next page begins another session.</p>
        </ConfirmButton>
      </div>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          change({ mask });
        }}
      >
        <label>
          <span class="label">Pointer</span>
          <select
            disabled={isClosing}
            value={String(wanted.moveSampleMs)}
            onChange={({ currentTarget }) => change({ moveSampleMs: Number(currentTarget.value) })}
          >
            {[...new Set([...SAMPLINGS_MS, wanted.moveSampleMs ?? 50])].map((ms) => (
              <option key={ms} value={String(ms)}>
                every {ms} ms
              </option>
            ))}
          </select>
        </label>
        <label class="grow">
          <span class="label">Mask beside the page’s own</span>
          <input
            type="text"
            value={mask}
            maxLength={1_024}
            placeholder="selector, e.g. .price"
            disabled={isClosing}
            onInput={({ currentTarget }) => setMask(currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={isClosing || mask === wanted.mask}>
          {mask === '' && wanted.mask !== '' ? 'Unmask' : 'Mask'}
        </button>
      </form>
      {refusal && <RefusalMessage refusal={refusal} again={again} />}
      <Log controls={controls} />
    </section>
  );
}

function Log({ controls }: { controls: readonly ControlEntry[] }) {
  if (controls.length === 0) return null;
  return (
    <ol class="control-log" aria-label="Changes, newest first">
      {controls.toReversed().map((entry, place) => (
        <li key={controls.length - place}>
          <span class="quiet">{formatClock(entry.atMs)}</span>
          <span>
            {entry.what === 'end' ? 'End' : changeWords(entry.change ?? {})} <span class="quiet">by {entry.by}</span>
          </span>
          <span class={`verdict ${verdictOf(entry)}`}>{VERDICTS[verdictOf(entry)]}</span>
        </li>
      ))}
    </ol>
  );
}

const VERDICTS = { waiting: 'not confirmed yet', confirmed: 'confirmed', refused: 'not possible there' } as const;

/** What the tracker does since, against what was wanted of it. */
function verdictOf({ confirmedMs, change = {}, applied }: ControlEntry): keyof typeof VERDICTS {
  if (confirmedMs === undefined) return 'waiting';
  // While paused nothing is recorded, whatever is wanted.
  const names = (Object.keys(change) as (keyof ControlChange)[]).filter((name) => name !== 'recording' || !applied?.paused);
  return !applied || names.every((name) => (name === 'mask' ? applied.mask?.endsWith(change.mask ?? '') : applied[name] === change[name]))
    ? 'confirmed'
    : 'refused';
}

function changeWords({ paused, recording, moveSampleMs, mask }: ControlChange): string {
  return [
    ...(paused === undefined ? [] : [paused ? 'Pause' : 'Resume']),
    ...(recording === undefined ? [] : [recording ? 'Record the page' : 'Stop recording']),
    ...(moveSampleMs === undefined ? [] : [`Pointer every ${moveSampleMs} ms`]),
    ...(mask === undefined ? [] : [mask === '' ? 'Unmask' : `Mask ${mask}`]),
  ].join(', ');
}
