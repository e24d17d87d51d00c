/** The heartbeat of the chosen app: counts by state and the last five minutes, kept for the top bar and the Live page. */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { LiveMessage } from '../../engine/protocol/live.ts';
import type { LiveClient } from './live-client.ts';

/** The latest beat. */
export type Pulse = Extract<LiveMessage, { type: 'pulse' }>;
/** One second of the last five minutes. */
export type Beat = NonNullable<Pulse['history']>[number];

/** Five minutes, one value a second. */
export const HISTORY_MAX_BEATS = 300;

export type PulseState = {
  /** Undefined until the first beat of this app. */
  readonly latest: ReadonlySignal<Pulse | undefined>;
  /** Oldest first. */
  readonly history: ReadonlySignal<readonly Beat[]>;
  /** Watches another app. @returns ends the watch */
  watch(app: string): () => void;
};

/** Follows the pulse over a live client. */
export function createPulse(live: LiveClient): PulseState {
  const latest = signal<Pulse | undefined>(undefined);
  const history = signal<readonly Beat[]>([]);
  return {
    latest,
    history,
    watch(app) {
      latest.value = undefined;
      history.value = [];
      return live.watch('pulse', { type: 'watch-pulse', app }, (pulse) => {
        latest.value = pulse;
        history.value = addBeat(pulse.history ?? history.value, pulse);
      });
    },
  };
}

/**
 * Adds a beat, one a second. Beats between seconds tell a state's change, not a new rate: the second's value is replaced.
 */
export function addBeat(history: readonly Beat[], pulse: Pulse): readonly Beat[] {
  const beat: Beat = { atMs: pulse.atMs, eventsPerSec: pulse.eventsPerSec, connected: pulse.states.LISTEN };
  const last = history.at(-1);
  const isSameSecond = last !== undefined && Math.floor(last.atMs / 1000) === Math.floor(beat.atMs / 1000);
  return [...(isSameSecond ? history.slice(0, -1) : history), beat].slice(-HISTORY_MAX_BEATS);
}
