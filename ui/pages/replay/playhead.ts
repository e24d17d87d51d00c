/** Where the player is: how time passes in it, and what it leaves out. */
import type { Recording } from './recording.ts';

export const SPEEDS = [0.5, 1, 2, 4, 8, 16] as const;
export type Speed = (typeof SPEEDS)[number];

/** A stretch in which nothing happened, epoch ms. */
export type Quiet = { readonly fromMs: number; readonly toMs: number };

/** Nothing for longer than this is skipped. */
export const QUIET_MIN_MS = 10_000;
/** What is left of it before and after, so that the jump is seen as one. */
const LEAD_OUT_MS = 1_000;
const LEAD_IN_MS = 500;

/** Every stretch that playing skips, in the order of time. */
export function quietsOf(recording: Pick<Recording, 'moments'>): readonly Quiet[] {
  const quiets: Quiet[] = [];
  let before: number | undefined;
  for (const { atMs, event } of recording.moments) {
    // A page may change without its visitor.
    if (event.kind === 'dompack' || event.kind === 'dom') continue;
    if (before !== undefined && atMs - before > QUIET_MIN_MS) quiets.push({ fromMs: before + LEAD_OUT_MS, toMs: atMs - LEAD_IN_MS });
    before = atMs;
  }
  return quiets;
}

/**
 * One step of playing. @param passedMs real time since the step before
 * @returns the new time; never before the old one, never after the end
 */
export function advance(
  atMs: number,
  passedMs: number,
  speed: number,
  recording: Pick<Recording, 'startMs' | 'endMs'>,
  quiets: readonly Quiet[],
): number {
  let next = atMs + Math.max(0, passedMs) * speed;
  // A long step may pass over several; each is left out of it.
  for (const quiet of quiets) {
    if (quiet.toMs <= atMs) continue;
    if (quiet.fromMs > next) break;
    next = quiet.toMs + (atMs > quiet.fromMs ? 0 : next - quiet.fromMs);
  }
  return clampTime(next, recording);
}

/** A time within the recording. */
export function clampTime(atMs: number, { startMs, endMs }: Pick<Recording, 'startMs' | 'endMs'>): number {
  return Math.min(endMs, Math.max(startMs, atMs));
}
