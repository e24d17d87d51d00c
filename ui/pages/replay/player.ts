/** Play, pause, speed and seek: the player's state, driven by the screen's own frames. */
import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { advance, clampTime, type Quiet, type Speed } from './playhead.ts';
import type { Recording } from './recording.ts';

export type Player = {
  /** Epoch ms within the recording. */
  readonly at: ReadonlySignal<number>;
  readonly isPlaying: ReadonlySignal<boolean>;
  readonly speed: ReadonlySignal<Speed>;
  readonly isSkipping: ReadonlySignal<boolean>;
  readonly toggle: () => void;
  readonly seek: (atMs: number) => void;
  readonly setSpeed: (speed: Speed) => void;
  readonly setSkipping: (isSkipping: boolean) => void;
};

/**
 * @param startAtMs where to begin, epoch ms
 * @param isLive more may come: at the end the player waits instead of stopping
 * @param onRest called with the time whenever it stands still after moving
 */
export function usePlayer(
  recording: Recording,
  quiets: readonly Quiet[],
  startAtMs: number,
  isLive: boolean,
  onRest: (atMs: number) => void,
): Player {
  const at = useSignal(clampTime(startAtMs, recording));
  const isPlaying = useSignal(false);
  const speed = useSignal<Speed>(1);
  const isSkipping = useSignal(true);
  const latest = useRef({ recording, quiets, isLive, onRest });
  latest.current = { recording, quiets, isLive, onRest };

  useEffect(
    () =>
      isPlaying.subscribe((playing) => {
        if (!playing) return;
        let before = performance.now();
        const step = (now: number) => {
          const { recording, quiets, isLive, onRest } = latest.current;
          at.value = advance(at.value, now - before, speed.value, recording, isSkipping.value ? quiets : []);
          before = now;
          if (at.value >= recording.endMs && !isLive) {
            isPlaying.value = false;
            onRest(at.value);
          } else if (isPlaying.value) frame.current = requestAnimationFrame(step);
        };
        frame.current = requestAnimationFrame(step);
      }),
    [at, isPlaying, speed, isSkipping],
  );
  const frame = useRef(0);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  return {
    at,
    isPlaying,
    speed,
    isSkipping,
    toggle() {
      const { recording, onRest } = latest.current;
      if (!isPlaying.value && at.value >= recording.endMs) at.value = recording.startMs;
      isPlaying.value = !isPlaying.value;
      if (!isPlaying.value) {
        cancelAnimationFrame(frame.current);
        onRest(at.value);
      }
    },
    seek(atMs) {
      at.value = clampTime(atMs, latest.current.recording);
      if (!isPlaying.value) latest.current.onRest(at.value);
    },
    setSpeed(next) {
      speed.value = next;
    },
    setSkipping(next) {
      isSkipping.value = next;
    },
  };
}
