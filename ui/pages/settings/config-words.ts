/** How a configuration is said in words: its events and fields by name, and what one version changed of another. */
import { type AppConfig, type ConfigHistory, OPTIONAL_EVENTS } from '../../../engine/protocol/administration.ts';
import { formatCount } from '../../look/format.ts';

export type ConfigVersion = ConfigHistory['versions'][number];
export type OptionalEvent = AppConfig['off'][number];
export type Goal = AppConfig['goals'][number];

const EVENT_NAMES: Readonly<Partial<Record<OptionalEvent, string>>> = {
  click: 'Clicks',
  hover: 'Hovers',
  move: 'Pointer movement',
  scroll: 'Scrolling',
  custom: 'Events of your own',
  identify: 'Identified visitors',
  error: 'Script errors',
  vital: 'Web vitals',
  layout: 'Page layouts',
  rage: 'Rage clicks',
  dead: 'Dead clicks',
  form: 'Forms',
  link: 'Downloads and outbound links',
  innerscroll: 'Scrolling inside the page',
  engaged: 'Engaged time',
};

/** What a kind of events is called; its own name where it has none here yet. */
export const eventName = (kind: OptionalEvent): string => EVENT_NAMES[kind] ?? kind;

export const GOAL_KINDS = { url: 'page', event: 'event', target: 'press on' } as const satisfies Record<Goal['by'], string>;

type PlainField = Exclude<keyof AppConfig, 'off' | 'goals'>;
type Said<T> = { readonly what: string; readonly say: (value: T) => string };

const orNothing = (text: string) => (text === '' ? 'nothing' : text);

/** The fields with one value each: what they are, and how a value is said. */
const FIELDS: { readonly [F in PlainField]: Said<AppConfig[F]> } = {
  moveSampleMs: { what: 'Pointer sampled every', say: (ms) => `${formatCount(ms)} ms` },
  hoverMinMs: { what: 'A hover begins after', say: (ms) => `${formatCount(ms)} ms` },
  flushMs: { what: 'Events wait at most', say: (ms) => `${formatCount(ms)} ms` },
  targetAttribute: { what: 'Attribute that names targets', say: orNothing },
  vitals: { what: 'Web vitals', say: (on) => (on ? 'on' : 'off') },
  recordingPercent: { what: 'Sessions recorded', say: (percent) => `${percent} %` },
  mask: { what: 'Masked', say: orNothing },
  block: { what: 'Blocked', say: orNothing },
  urlKeep: { what: 'Query parameters kept', say: orNothing },
  consent: { what: 'Consent', say: (consent) => (consent === 'needed' ? 'needed' : 'not needed') },
  doNotTrack: { what: 'Do Not Track', say: (wish) => (wish === 'respect' ? 'respected' : 'ignored') },
  sessionsPerMin: { what: 'New sessions per minute, at most', say: formatCount },
};

/** What `after` changed of `before`, one short phrase each; none where both are the same. */
export function configChanges(before: AppConfig, after: AppConfig): readonly string[] {
  return [...eventChanges(before.off, after.off), ...fieldChanges(before, after), ...goalChanges(before.goals, after.goals)];
}

function eventChanges(before: AppConfig['off'], after: AppConfig['off']): string[] {
  return OPTIONAL_EVENTS.filter((kind) => before.includes(kind) !== after.includes(kind)).map(
    (kind) => `${eventName(kind)} ${after.includes(kind) ? 'off' : 'on'}`,
  );
}

function fieldChanges(before: AppConfig, after: AppConfig): string[] {
  return (Object.keys(FIELDS) as PlainField[]).flatMap((field) => fieldChange(field, before, after));
}

function fieldChange<F extends PlainField>(field: F, before: AppConfig, after: AppConfig): string[] {
  if (before[field] === after[field]) return [];
  const { what, say }: Said<AppConfig[F]> = FIELDS[field];
  return [`${what} ${say(after[field])} (was ${say(before[field])})`];
}

function goalChanges(before: readonly Goal[], after: readonly Goal[]): string[] {
  const olderOf = new Map(before.map((goal) => [goal.name, goal]));
  const newerOf = new Map(after.map((goal) => [goal.name, goal]));
  return [
    ...before.filter((goal) => !newerOf.has(goal.name)).map((goal) => `Goal “${goal.name}” removed`),
    ...after.flatMap((goal) => {
      const older = olderOf.get(goal.name);
      if (!older) return [`Goal “${goal.name}” added: ${goalWords(goal)}`];
      return goalWords(older) === goalWords(goal) ? [] : [`Goal “${goal.name}”: ${goalWords(goal)} (was ${goalWords(older)})`];
    }),
  ];
}

const goalWords = (goal: Goal) => `${GOAL_KINDS[goal.by]} ${goal.match}`;
