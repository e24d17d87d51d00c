/** The apps as they are stored, and what may become of them. */
import type { Clock } from '../../../engine/clock/clock.ts';
import type { Collection, CollectionSpec, Stored, Updated } from '../../../engine/documents/documents.ts';
import { DatalabError } from '../../../engine/errors/errors.ts';
import type { AppChange, AppDetail } from '../../../engine/protocol/administration.ts';
import { everyDocument } from '../every-document.ts';
import { requireActive, requireNotDeleting } from '../known-app.ts';
import { type AppSettings, checkedRetention, checkedSettings } from './checked-settings.ts';

export const APPS: CollectionSpec = { name: 'apps' };
/** Its id is the app's key. */
export type AppRecord = Omit<AppDetail, 'key' | 'revision'>;
type Retention = AppDetail['retention'];

const FOR_EVER: Retention = { chunks: null, sessions: null, rollups: null };

export class AppRecords {
  readonly #apps: Collection<AppRecord>;
  readonly #clock: Clock;

  constructor(apps: Collection<AppRecord>, clock: Clock) {
    this.#apps = apps;
    this.#clock = clock;
  }

  /** @throws DatalabError `app-unknown` */
  async get(key: string): Promise<AppDetail> {
    const stored = await this.#apps.get(key);
    if (!stored) throw unknown(key);
    return detailOf(stored);
  }

  async all(): Promise<AppDetail[]> {
    return (await Array.fromAsync(everyDocument(this.#apps))).map(detailOf);
  }

  /** @param settings checked @returns null if the key is taken */
  async create(key: string, settings: AppSettings): Promise<AppDetail | null> {
    const value: AppRecord = { ...settings, retention: FOR_EVER, state: 'active', createdMs: this.#clock.nowMs() };
    return (await this.#apps.insert(key, value)) ? { ...value, key, revision: 1 } : null;
  }

  /** @throws DatalabError `query-invalid`, `app-unknown`, `app-archived` or `changed-meanwhile` */
  async change(key: string, { revision, retention, ...settings }: AppChange): Promise<AppDetail> {
    const { key: _key, revision: latest, ...app } = await this.get(key);
    requireActive(app);
    const value = { ...app, ...checkedSettings(settings), retention: checkedRetention(retention) };
    if (revision !== latest || !(await this.#apps.replace(key, revision, value)))
      throw new DatalabError('changed-meanwhile', `Somebody else has changed ${app.name} meanwhile.`);
    return { ...value, key, revision: revision + 1 };
  }

  /** @throws DatalabError `app-unknown`, or `changed-meanwhile` if it is being deleted */
  archive(key: string, archived: boolean): Promise<AppDetail> {
    const state = archived ? 'archived' : 'active';
    return this.#update(key, (app) => {
      requireNotDeleting(app);
      return app.state === state ? null : { ...app, state };
    });
  }

  /** Its data is removed from now on; there is no way back. @throws DatalabError `app-unknown` or `name-differs` */
  beginDeletion(key: string, typedName: string): Promise<AppDetail> {
    return this.#update(key, (app) => {
      if (app.name !== typedName) throw new DatalabError('name-differs', `That is not the name of the app ${key}.`);
      return app.state === 'deleting'
        ? null
        : { ...app, state: 'deleting', deletion: { what: '', done: 0, startedMs: this.#clock.nowMs() } };
    });
  }

  /** How far the deletion is. @throws DatalabError `app-unknown`, or `changed-meanwhile` if it is not being deleted */
  noteDeletion(key: string, what: string, done: number): Promise<AppDetail> {
    return this.#update(key, ({ deletion, ...app }) => {
      if (!deletion) throw notDeleting(key);
      return { ...app, deletion: { ...deletion, what, done } };
    });
  }

  /** @returns false if it is gone already @throws DatalabError `changed-meanwhile` if it is not being deleted */
  async isDeleting(key: string): Promise<boolean> {
    const stored = await this.#apps.get(key);
    if (stored && stored.value.state !== 'deleting') throw notDeleting(key);
    return stored !== null;
  }

  async remove(key: string): Promise<void> {
    await this.#apps.remove(key);
  }

  async #update(key: string, change: (app: AppRecord) => AppRecord | null): Promise<AppDetail> {
    const { stored }: Updated<AppRecord> = await this.#apps.update(key, change);
    if (!stored) throw unknown(key);
    return detailOf(stored);
  }
}

const detailOf = ({ id, revision, value }: Stored<AppRecord>): AppDetail => ({ ...value, key: id, revision });
const unknown = (key: string) => new DatalabError('app-unknown', `No app has the key ${key}.`);
const notDeleting = (key: string) => new DatalabError('changed-meanwhile', `The app ${key} is not being deleted.`);
