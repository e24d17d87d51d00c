/**
 * The address bar is the state: everything a page shows can be read from its address, and a link shows a colleague the
 * same. One table says what may stand there; reading never fails, and what is unknown or out of range is its default.
 */
import type { HeatLayer } from '../../engine/protocol/api.ts';
import { HEAT_LAYERS } from '../../engine/protocol/api.ts';
import { WIDTH_CLASSES, type WidthClass } from '../../engine/protocol/events.ts';
import { STATES, type State } from '../../engine/protocol/lifecycle.ts';

/** What is chosen on a page. Fields that a page does not use stay at their defaults and out of its address. */
export type View = {
  /** App key; '' takes the first app. */
  readonly app: string;
  /** Date range as state/range.ts reads it. */
  readonly range: string;
  /** Text filter. */
  readonly text: string;
  readonly device: '' | 'desktop' | 'mobile' | 'tablet' | 'other';
  /** Only sessions that have not ended. */
  readonly live: boolean;
  readonly state: '' | State;
  /** Column; '' is the page's own default. */
  readonly sort: string;
  readonly direction: 'down' | 'up';
  /** Session shown in the side panel; '' is none. */
  readonly open: string;
  /** Address of the page whose heat is shown. */
  readonly url: string;
  readonly layer: HeatLayer;
  /** '' takes the first width class that has heat. */
  readonly width: '' | WidthClass;
  /** Of the heat over the page, 10–100 %. */
  readonly opacity: number;
  /** Charts shown as tables. */
  readonly table: boolean;
  /** Where a replay stands, in seconds from its start. */
  readonly at: number;
  /** A replay draws the wireframe, though the page itself was recorded. */
  readonly wireframe: boolean;
};

/** The view of an address without a query. */
export const DEFAULT_VIEW: View = {
  app: '',
  range: '7d',
  text: '',
  device: '',
  live: false,
  state: '',
  sort: '',
  direction: 'down',
  open: '',
  url: '',
  layer: 'move',
  width: '',
  opacity: 80,
  table: false,
  at: 0,
  wireframe: false,
};

type Read<T> = (text: string) => T | undefined;

const anyText: Read<string> = (text) => text;
const flag: Read<boolean> = (text) => (text === '1' ? true : text === '0' ? false : undefined);
const oneOf =
  <T extends string>(values: readonly T[]): Read<T> =>
  (text) =>
    values.find((value) => value === text);
const whole =
  (min: number, max: number): Read<number> =>
  (text) => {
    const value = Number(text);
    return text !== '' && Number.isInteger(value) && value >= min && value <= max ? value : undefined;
  };

const READERS: { readonly [F in keyof View]: Read<View[F]> } = {
  app: anyText,
  range: anyText,
  text: anyText,
  device: oneOf(['desktop', 'mobile', 'tablet', 'other']),
  live: flag,
  state: oneOf(STATES),
  sort: anyText,
  direction: oneOf(['down', 'up']),
  open: anyText,
  url: anyText,
  layer: oneOf(HEAT_LAYERS),
  width: oneOf(WIDTH_CLASSES),
  opacity: whole(10, 100),
  table: flag,
  at: whole(0, 86_400),
  wireframe: flag,
};

const FIELDS = Object.keys(READERS) as (keyof View)[];

/** Reads the query of an address. @param search with or without its leading `?` */
export function readView(search: string): View {
  const query = new URLSearchParams(search);
  const view: Record<string, unknown> = { ...DEFAULT_VIEW };
  for (const field of FIELDS) {
    const text = query.get(field);
    const value = text === null ? undefined : READERS[field](text);
    if (value !== undefined) view[field] = value;
  }
  return view as View;
}

/** Writes the query of an address, without what is at its default. @returns '' or `?…` */
export function writeView(view: View): string {
  const query = new URLSearchParams();
  for (const field of FIELDS) {
    const value = view[field];
    if (value !== DEFAULT_VIEW[field]) query.set(field, value === true ? '1' : value === false ? '0' : String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** The address of another page: app and range go along, what belongs to the page left behind does not. */
export function linkTo(view: View, path: string, change: Partial<View> = {}): string {
  return path + writeView({ ...DEFAULT_VIEW, app: view.app, range: view.range, ...change });
}
