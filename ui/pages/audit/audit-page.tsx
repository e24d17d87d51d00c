/** The audit log: who did what, when, and from where. The address holds whose acts are shown, and which one is open. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { AuditEntry } from '../../../engine/protocol/administration.ts';
import type { Refusal } from '../../../engine/protocol/hello.ts';
import { formatCount, formatDay, formatId } from '../../look/format.ts';
import { Empty, RefusalMessage, Skeleton } from '../../parts/states-of-view.tsx';
import { TextFilter } from '../../parts/text-filter.tsx';
import { linkTo, type View } from '../../state/address.ts';
import { useDeed } from '../../state/deed.ts';
import { useQuestion } from '../../state/question.ts';
import { askAudit, askUsers } from '../../state/settings-api.ts';
import { useAddress, useApps, useMaybeApp, useMe } from '../../state/workspace.ts';
import { actWords, detailText } from './act-words.ts';
import { type HeldEntries, takeLatest, takeOlder } from './held-entries.ts';

type Names = ReadonlyMap<string, string>;

const PAGE_ENTRIES = 50;
const NAME_MAX_CHARS = 80;
/** Of everything, for owners. */
const ALL_PATH = '/audit/all';

export function AuditPage() {
  const app = useMaybeApp();
  const { path, view, change } = useAddress();
  const isOfAll = path.replace(/\/$/, '') === ALL_PATH || !app;
  const by = view.text.slice(0, NAME_MAX_CHARS);
  const scope = { ...(isOfAll ? {} : { app: app.key }), ...(by === '' ? {} : { by }), limit: PAGE_ENTRIES };
  const key = JSON.stringify(scope);
  const { data, refusal, isFirst, again } = useQuestion(`audit ${key}`, (signal) => askAudit(scope, signal));
  const names = useNames(isOfAll ? undefined : app.key);
  return (
    <div class="page audit">
      <header>
        <h1>Audit</h1>
        <p>{isOfAll ? 'Who changed what, anywhere.' : `Who changed what in ${app.name}.`} Kept for 400 days; nothing changes an entry.</p>
      </header>
      <div class="filters">
        <TextFilter label="By whom, the whole name" value={view.text} onChange={(text) => change({ text }, 'replace')} />
        <ScopeLinks isOfAll={isOfAll} />
        <button type="button" onClick={again}>
          Look again
        </button>
      </div>
      {isFirst && <Skeleton lines={10} />}
      {refusal && <RefusalMessage refusal={refusal} again={again} />}
      {data?.entries.length === 0 && <NoEntries by={by} />}
      {data && data.entries.length > 0 && <Entries key={key} latest={data.entries} scope={scope} isOfAll={isOfAll} names={names} />}
    </div>
  );
}

/** Names by ids, of those that may be targets: people, and whoever has an account where it is about everything. */
function useNames(app: string | undefined): Names {
  const { data } = useQuestion(`users ${app}`, (signal) => askUsers(app, signal));
  return useMemo(() => new Map(data?.users.map(({ id, name }) => [id, name])), [data]);
}

function ScopeLinks({ isOfAll }: { isOfAll: boolean }) {
  const me = useMe();
  const app = useMaybeApp();
  const { view } = useAddress();
  if (!me.isOwner || !app) return null;
  const go = (path: string) => linkTo(view, path, { text: view.text });
  return (
    <nav class="segments" aria-label="About">
      <a href={go('/audit')} {...(isOfAll ? {} : { 'aria-current': 'page' })}>
        {app.name}
      </a>
      <a href={go(ALL_PATH)} {...(isOfAll ? { 'aria-current': 'page' } : {})}>
        Everything
      </a>
    </nav>
  );
}

function NoEntries({ by }: { by: string }) {
  const { change } = useAddress();
  return by === '' ? (
    <Empty title="Nothing was changed yet">
      <p>
        Sign-ins, changes of settings, keys, people and live sessions are written down here as they happen, those that were refused as well.
      </p>
    </Empty>
  ) : (
    <Empty title={`Nobody called “${by}” did anything here`}>
      <p>Names are compared whole, as they are written in the log.</p>
      <button type="button" onClick={() => change({ text: '' })}>
        Show everybody
      </button>
    </Empty>
  );
}

type EntriesProps = {
  readonly latest: readonly AuditEntry[];
  readonly scope: { readonly app?: string; readonly by?: string; readonly limit: number };
  readonly isOfAll: boolean;
  readonly names: Names;
};

function Entries({ latest, scope, isOfAll, names }: EntriesProps) {
  const deed = useDeed();
  const [{ entries, isWhole }, setHeld] = useState<HeldEntries>(() => takeLatest(undefined, latest, PAGE_ENTRIES));
  useEffect(() => setHeld((before) => takeLatest(before, latest, PAGE_ENTRIES)), [latest]);
  const more = () => {
    const last = entries.at(-1);
    void deed.run(
      () => askAudit({ ...scope, ...(last ? { before: last.id } : {}) }),
      ({ entries: older }) => setHeld((before) => takeOlder(before, older, PAGE_ENTRIES)),
    );
  };
  return (
    <>
      <section class="card audit-list" aria-label="Entries">
        <div class="audit-head label" aria-hidden="true">
          <span>When</span>
          <span>Who</span>
          <span>What</span>
          <span>To what</span>
          <span>From</span>
        </div>
        <ol>
          {entries.map((entry) => (
            <Entry key={entry.id} entry={entry} isOfAll={isOfAll} names={names} />
          ))}
        </ol>
      </section>
      <Foot count={entries.length} isWhole={isWhole} isBusy={deed.isBusy} refusal={deed.refusal} more={more} />
    </>
  );
}

type FootProps = {
  readonly count: number;
  readonly isWhole: boolean;
  readonly isBusy: boolean;
  readonly refusal: Refusal | undefined;
  readonly more: () => void;
};

function Foot({ count, isWhole, isBusy, refusal, more }: FootProps) {
  return (
    <div class="audit-foot">
      {refusal && <RefusalMessage refusal={refusal} again={more} />}
      {!isWhole && (
        <button type="button" disabled={isBusy} onClick={more}>
          Show older
        </button>
      )}
      <span class="label" role="status">
        {formatCount(count)} {count === 1 ? 'entry' : 'entries'}
        {isWhole && ', all there are'}
      </span>
    </div>
  );
}

function Entry({ entry, isOfAll, names }: { entry: AuditEntry } & Pick<EntriesProps, 'isOfAll' | 'names'>) {
  const { view, path, change } = useAddress();
  const { apps } = useApps();
  const isOpen = view.open === entry.id;
  const isRefused = entry.status >= 400;
  const about = isOfAll && entry.app !== undefined ? (apps.find((app) => app.key === entry.app)?.name ?? entry.app) : undefined;
  return (
    <li class={isRefused ? 'is-refused' : ''}>
      <details
        open={isOpen}
        onToggle={({ currentTarget }) => {
          if (currentTarget.open !== isOpen) change({ open: currentTarget.open ? entry.id : '' }, 'replace');
        }}
      >
        <summary>
          <span class="quiet">{formatDay(entry.atMs)}</span>
          <span class="who">{entry.by}</span>
          <span>
            {actWords(entry)}
            {isRefused && <span class="badge is-bad">refused</span>}
          </span>
          <span class="cut quiet">{[about, targetWords(entry.target, names)].filter(Boolean).join(' · ')}</span>
          <span class="quiet mono">{entry.from}</span>
        </summary>
        {isOpen && <Detail entry={entry} byHref={hrefBy(view, path, entry.by)} />}
      </details>
    </li>
  );
}

/** A person by name; other ids by their end; what is no id, whole. */
function targetWords(target: string | undefined, names: Names): string | undefined {
  if (target === undefined) return undefined;
  return names.get(target) ?? (/^[0-9a-f-]{36}$/.test(target) ? formatId(target) : target);
}

const hrefBy = (view: View, path: string, by: string) => linkTo(view, path, { text: by });

function Detail({ entry, byHref }: { entry: AuditEntry; byHref: string }) {
  return (
    <div class="audit-detail">
      <dl class="facts">
        <dt>When</dt>
        <dd>{new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' }).format(entry.atMs)}</dd>
        <dt>Who</dt>
        <dd>
          {entry.by} · <a href={byHref}>show only theirs</a>
        </dd>
        <dt>Act</dt>
        <dd>
          <code>{entry.what}</code>
        </dd>
        {entry.app !== undefined && (
          <>
            <dt>App</dt>
            <dd class="mono">{entry.app}</dd>
          </>
        )}
        {entry.target !== undefined && (
          <>
            <dt>Target</dt>
            <dd class="mono">{entry.target}</dd>
          </>
        )}
        <dt>From</dt>
        <dd>
          <span class="mono">{entry.from}</span> <span class="quiet">(masked)</span>
        </dd>
        <dt>Answer</dt>
        <dd>
          {entry.status >= 400 ? 'refused' : 'done'} <span class="quiet">({entry.status})</span>
        </dd>
      </dl>
      {entry.detail !== '' && <pre>{detailText(entry.detail)}</pre>}
    </div>
  );
}
