/** DATALAB_RETENTION: how long each kind of data is kept, for every app and for those that differ. */
import { DatalabError } from '../../engine/errors/errors.ts';
import { KEPT_KINDS, type KeptKind } from '../../engine/store/store.ts';
import type { Kept } from '../../engine/upkeep/retention.ts';

/** A hundred years: more is a slip of the finger, and `forever` has a word of its own. */
const DAYS_MAX = 36_500;

export type Retention = {
  /** Of apps that have no part of their own. */ readonly everyApp: Kept;
  readonly byApp: ReadonlyMap<string, Kept>;
};

/** `app: kind=… kind=…`, as written. */
type Part = {
  /** Null: every app. */ readonly app: string | null;
  readonly text: string;
  readonly named: Partial<Kept>;
};

/** How long the data of an app is kept. */
export function keptOf({ everyApp, byApp }: Retention, app: string): Kept {
  return byApp.get(app) ?? everyApp;
}

/**
 * Reads `chunks=180d sessions=400d; shop: chunks=30d`. What an app's part does not name is as for every app; what is named
 * nowhere is kept forever, but chunks no longer than the sessions that they are part of.
 * @throws DatalabError `setting-invalid` with one sentence that names the entry
 */
export function parseRetention(text: string, variable: string): Retention {
  const parts = text.split(';').map((part) => readPart(part.trim(), variable));
  const seen = new Set<string | null>();
  for (const { app, text: part } of parts) {
    if (seen.has(app)) throw invalid(variable, part, `${app === null ? 'every app' : `the app ${app}`} has a part already`);
    seen.add(app);
  }
  const general = parts.find(({ app }) => app === null) ?? { app: null, text: '', named: {} };
  const byApp = new Map<string, Kept>();
  for (const part of parts) if (part.app !== null) byApp.set(part.app, resolve(part, general.named, variable));
  return { everyApp: resolve(general, {}, variable), byApp };
}

/** Apps that have a part and are not there: misspelt, their data would be kept unnoticed. */
export function unknownApps({ byApp }: Retention, keys: readonly string[]): readonly string[] {
  return [...byApp.keys()].filter((app) => !keys.includes(app));
}

/** The shorter of both, kind by kind; null is for ever. Chunks go with their sessions at the latest. */
export function shorterOf(a: Kept, b: Kept): Kept {
  const shorter = (...days: readonly (number | null)[]) => days.reduce((x, y) => (x === null ? y : y === null ? x : Math.min(x, y)), null);
  const sessions = shorter(a.sessions, b.sessions);
  return { chunks: shorter(a.chunks, b.chunks, sessions), sessions, rollups: shorter(a.rollups, b.rollups) };
}

function readPart(text: string, variable: string): Part {
  const colon = text.indexOf(':');
  const app = colon < 0 ? null : text.slice(0, colon).trim();
  const named: Partial<Record<KeptKind, number | null>> = {};
  const entries = text
    .slice(colon + 1)
    .split(/\s+/)
    .filter(Boolean);
  if (entries.length === 0) throw invalid(variable, text, 'a part names at least one kind, like chunks=180d');
  for (const entry of entries) {
    const [kind, days] = readEntry(entry, variable);
    if (kind in named) throw invalid(variable, entry, `“${text}” names ${kind} twice`);
    named[kind] = days;
  }
  return { app, text, named };
}

function readEntry(entry: string, variable: string): readonly [KeptKind, number | null] {
  const [, word, days] = /^([a-z]+)=(?:([1-9]\d{0,5})d|forever)$/.exec(entry) ?? [];
  const kind = KEPT_KINDS.find((known) => known === word);
  if (!kind || Number(days ?? 1) > DAYS_MAX) {
    throw invalid(
      variable,
      entry,
      `an entry is ${KEPT_KINDS.join(', ')} = forever or whole days from 1d to ${DAYS_MAX}d, like chunks=180d`,
    );
  }
  return [kind, days === undefined ? null : Number(days)];
}

/** @param general what every app's part names */
function resolve({ text, named: own }: Part, general: Partial<Kept>, variable: string): Kept {
  const named = { ...general, ...own };
  const { sessions = null, rollups = null } = named;
  const { chunks = sessions } = named;
  if (sessions !== null && (chunks === null || chunks > sessions)) {
    throw invalid(variable, text, `chunks (${inWords(chunks)}) would be kept longer than their sessions (${inWords(sessions)})`);
  }
  return { chunks, sessions, rollups };
}

/** As it stands in the setting. */
function inWords(days: number | null): string {
  return days === null ? 'forever' : `${days}d`;
}

function invalid(variable: string, entry: string, why: string): DatalabError {
  return new DatalabError('setting-invalid', `${variable} has “${entry}”, but ${why}.`);
}
