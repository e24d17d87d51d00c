/** The versions of each app's configuration. A version never changes; going back makes another one. */
import type { Clock } from '../../../engine/clock/clock.ts';
import type { Collection, CollectionSpec, Stored } from '../../../engine/documents/documents.ts';
import { DatalabError } from '../../../engine/errors/errors.ts';
import { type AppConfig, type ConfigHistory, DEFAULT_APP_CONFIG } from '../../../engine/protocol/administration.ts';
import { everyDocument } from '../every-document.ts';

export type ConfigVersion = ConfigHistory['versions'][number];

export const VERSIONS: CollectionSpec = { name: 'versions', indexes: [{ field: 'app' }] };
/** Its id is the app's key and the version, in the versions' order. */
export type VersionRecord = ConfigVersion & { readonly app: string };

/** Versions of an app that are shown. */
const SHOWN_MAX = 200;
/** Before anybody changed it. */
const FIRST: ConfigVersion = { version: 0, atMs: 0, by: '', note: '', config: DEFAULT_APP_CONFIG };

const idOf = (app: string, version: number) => `${app} ${String(version).padStart(10, '0')}`;

export class ConfigVersions {
  readonly #versions: Collection<VersionRecord>;
  readonly #clock: Clock;
  #latest: Promise<Map<string, VersionRecord>> | null = null;

  constructor(versions: Collection<VersionRecord>, clock: Clock) {
    this.#versions = versions;
    this.#clock = clock;
  }

  /** The latest first. */
  async history(app: string): Promise<ConfigVersion[]> {
    const found = await this.#versions.find({ field: 'app', equals: app }, { descending: true, limit: SHOWN_MAX });
    return found.length < SHOWN_MAX ? [...found.map(versionOf), FIRST] : found.map(versionOf);
  }

  /** @param basedOn the latest version, as its author has seen it @throws DatalabError `changed-meanwhile` */
  async add(app: string, basedOn: number, by: string, note: string, config: AppConfig): Promise<void> {
    const found = await this.#versions.find({ field: 'app', equals: app }, { descending: true, limit: 1 });
    const latest = found[0]?.value ?? FIRST;
    const version = basedOn + 1;
    // Two of one moment would look like none: nodes tell versions apart by their times.
    const atMs = Math.max(this.#clock.nowMs(), latest.atMs + 1);
    const record = { app, version, atMs, by, note, config };
    if (basedOn !== latest.version || !(await this.#versions.insert(idOf(app, version), record)))
      throw new DatalabError('changed-meanwhile', 'Somebody else has changed the configuration meanwhile.');
    // Where they could not be read, they are read again.
    (await this.#latest?.catch(() => null))?.set(app, record);
  }

  /** Makes a version like an older one. @throws DatalabError `version-unknown` or `changed-meanwhile` */
  async rollBack(app: string, basedOn: number, by: string, to: number): Promise<void> {
    const older = to === 0 ? FIRST : await this.#versions.get(idOf(app, to)).then((stored) => stored && versionOf(stored));
    if (!older) throw new DatalabError('version-unknown', `There is no version ${to} of this configuration.`);
    await this.add(app, basedOn, by, `as in version ${to}`, older.config);
  }

  /** The latest version of each app that has one. Read once; from then on this process knows what it wrote. */
  async latestOfAll(): Promise<VersionRecord[]> {
    this.#latest ??= this.#readLatest().catch((error: unknown) => {
      this.#latest = null;
      throw error;
    });
    return [...(await this.#latest).values()];
  }

  async #readLatest(): Promise<Map<string, VersionRecord>> {
    const latest = new Map<string, VersionRecord>();
    // In the versions' order: the last one stays.
    for await (const stored of everyDocument(this.#versions)) latest.set(stored.value.app, { ...versionOf(stored), app: stored.value.app });
    return latest;
  }

  async forget(app: string): Promise<void> {
    for await (const { id } of everyDocument(this.#versions, { field: 'app', equals: app })) await this.#versions.remove(id);
    // Last: whoever has read meanwhile has seen some of it.
    this.#latest = null;
  }
}

/** What came to be said only after it was written is as it was by default. */
function versionOf({ value: { app: _, config, ...version } }: Stored<VersionRecord>): ConfigVersion {
  return { ...version, config: { ...DEFAULT_APP_CONFIG, ...config } };
}
