import type { WidthClass } from '../protocol/events.ts';
import { dayOf, type RollupChange } from './rollups.ts';

/** Longest duration believed of one event: a session is at most a day long (rules.md, Visits). */
export const DURATION_MAX_MS = 86_400_000;

/** `urlSinceMs` of a session whose latest address was left: its time is in the rollups already. */
export const LEFT = 0;

/** The page that a session is on, since when, and how wide it is. */
export type OpenPage = { readonly app: string; readonly url: string; readonly urlSinceMs: number; readonly widthClass?: WidthClass };

/**
 * The time on the last address when a session ends without having left it: dropped, idle, ended by an operator.
 * Nothing when it was left, or when no frame ever said which page it was.
 * @param endedMs epoch ms
 */
export function endChanges(session: OpenPage, endedMs: number): RollupChange[] {
  const { app, url, urlSinceMs, widthClass } = session;
  if (urlSinceMs === LEFT || !widthClass || endedMs <= urlSinceMs) return [];
  const timeMs = Math.round(Math.min(endedMs - urlSinceMs, DURATION_MAX_MS));
  return [{ rollup: 'page', key: { app, day: dayOf(endedMs), url, widthClass }, add: { timeMs, leaves: 1 } }];
}
