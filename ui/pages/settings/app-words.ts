/** An app's settings in words: what each is called, and what was changed of them. */
import type { AppChange, AppDetail } from '../../../engine/protocol/administration.ts';
import { formatCount } from '../../look/format.ts';

/** What of an app can be changed. */
export type AppFields = Omit<AppChange, 'revision'>;
export type KeptDays = number | null;

export const fieldsOf = ({ name, origins, timeZone, retention }: AppDetail): AppFields => ({ name, origins, timeZone, retention });

/** Kinds of data that are kept for a time of their own, and what goes with each. */
export const KEPT_KINDS = {
  chunks: { label: 'Recorded events', about: 'what replays play' },
  sessions: { label: 'Sessions', about: 'lists of sessions and visits' },
  rollups: { label: 'Totals', about: 'pages and heatmaps' },
} as const satisfies Record<keyof AppFields['retention'], { label: string; about: string }>;

export const daysWords = (days: KeptDays): string => (days === null ? 'for ever' : `${formatCount(days)} ${days === 1 ? 'day' : 'days'}`);

/** What `after` changed of `before`, one short phrase each. */
export function appChanges(before: AppFields, after: AppFields): readonly string[] {
  const changes: string[] = [];
  if (before.name !== after.name) changes.push(`Name ${after.name} (was ${before.name})`);
  for (const origin of after.origins) if (!before.origins.includes(origin)) changes.push(`Origin ${origin} added`);
  for (const origin of before.origins) if (!after.origins.includes(origin)) changes.push(`Origin ${origin} removed`);
  if (before.timeZone !== after.timeZone) changes.push(`Time zone ${after.timeZone} (was ${before.timeZone})`);
  for (const kind of Object.keys(KEPT_KINDS) as (keyof typeof KEPT_KINDS)[]) {
    const [old, now] = [before.retention[kind], after.retention[kind]];
    if (old !== now) changes.push(`${KEPT_KINDS[kind].label} kept ${daysWords(now)} (was ${daysWords(old)})`);
  }
  return changes;
}
