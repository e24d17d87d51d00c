/** The frame around every page: navigation, top bar, palette, banner; and the app that everything below is about. */

import { useEffect, useErrorBoundary, useRef, useState } from 'preact/hooks';
import { ErrorBoundary, Route, Router, useLocation } from 'preact-iso';
import type { Refusal } from '../../engine/protocol/hello.ts';
import { Empty, RefusalMessage, Skeleton } from '../parts/states-of-view.tsx';
import { signInFrom } from '../state/account.ts';
import { linkTo } from '../state/address.ts';
import { askApps } from '../state/api.ts';
import { useQuestion } from '../state/question.ts';
import { type App, AppContext, AppsContext, useAddress, useMay, useWorkspace } from '../state/workspace.ts';
import { CommandPalette } from './command-palette.tsx';
import { ConnectionBanner, useIsStale } from './connection-banner.tsx';
import { Forbidden } from './forbidden.tsx';
import { Nav } from './nav.tsx';
import { NoApp } from './no-app.tsx';
import { OPEN_PAGES, PAGES, type Page, pageOf, START_PATH } from './pages.ts';
import { TopBar } from './top-bar.tsx';

/** A server that is away is asked again after this who is signed in; the live socket is not opened before that is known. */
const ASK_AGAIN_MS = 5_000;

export function Shell() {
  const { path } = useAddress();
  const open = OPEN_PAGES.find((page) => page.path === path);
  useEffect(() => {
    if (open) document.title = `${open.label} · datalab`;
  }, [open]);
  if (!open) return <SignedIn />;
  return (
    <ErrorBoundary>
      <open.component key={open.path} />
    </ErrorBoundary>
  );
}

function SignedIn() {
  const { account } = useWorkspace();
  const { url } = useLocation();
  const { go } = useAddress();
  const me = account.me.value;
  const refusal = account.refusal.value;
  useEffect(() => {
    if (me === undefined) void account.check();
    // Replaced: going back from the sign-in page must leave, not return to it.
    else if (me === null) go(signInFrom(url), 'replace');
  }, [me]);
  useEffect(() => {
    if (!refusal?.retry) return;
    const timer = setTimeout(account.check, ASK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [refusal]);
  if (refusal) return <RefusalMessage refusal={refusal} again={account.check} />;
  return me ? <WithApps key={me.id} /> : <Skeleton />;
}

function WithApps() {
  const { view } = useAddress();
  const { data, refusal, again } = useQuestion('apps', askApps);
  if (refusal && !data) return <RefusalMessage refusal={refusal} again={again} />;
  if (!data) return <Skeleton />;
  const app = data.apps.find((candidate) => candidate.key === view.app) ?? data.apps[0];
  return (
    <AppsContext.Provider value={{ apps: data.apps, again }}>
      <AppContext.Provider value={app}>
        <Frame app={app} />
      </AppContext.Provider>
    </AppsContext.Provider>
  );
}

function Frame({ app }: { app: App | undefined }) {
  const { pulse } = useWorkspace();
  const { path, view, go } = useAddress();
  const [isPaletteOpen, setIsPaletteOpen] = useState(false);
  const drawer = useRef<HTMLDialogElement>(null);
  const main = useRef<HTMLElement>(null);
  const isStale = useIsStale();
  const page = pageOf(path);
  const key = app?.key;

  useEffect(() => (key === undefined ? undefined : pulse.watch(key)), [pulse, key]);
  useEffect(() => {
    // Replaced, not added: going back from the start page must leave, not return to it.
    if (path === '/') go(linkTo(view, START_PATH), 'replace');
  });
  useEffect(() => {
    document.title = [page?.label ?? 'Not found', app?.name, 'datalab'].filter(Boolean).join(' · ');
    main.current?.scrollTo(0, 0);
  }, [page?.label, app?.name, path]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setIsPaletteOpen(true);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  return (
    <div class={isStale ? 'shell is-stale' : 'shell'}>
      <Nav />
      <TopBar
        app={app}
        hasRange={page?.hasRange === true}
        openDrawer={() => drawer.current?.showModal()}
        openPalette={() => setIsPaletteOpen(true)}
      />
      <main class="main" ref={main}>
        <ConnectionBanner />
        <Shown key={key} page={page} hasApp={app !== undefined} />
      </main>
      <dialog class="drawer" aria-label="Pages" ref={drawer}>
        <Nav onGo={() => drawer.current?.close()} />
      </dialog>
      <CommandPalette isOpen={isPaletteOpen} close={() => setIsPaletteOpen(false)} />
    </div>
  );
}

/** The page, where one may see it and there is something to see. */
function Shown({ page, hasApp }: { page: Page | undefined; hasApp: boolean }) {
  const may = useMay();
  if (page && !hasApp && !page.needsNoApp) return <NoApp />;
  if (page && !may(page.action)) return <Forbidden what={page.label} action={page.action} />;
  return <Pages />;
}

const PAGE_BROKE: Refusal = {
  code: 'page-broke',
  message: 'This page broke.',
  retry: true,
  remedy: 'Trying again loads it afresh with everything as you chose it. Nothing that is stored or running is affected.',
};

function Pages() {
  const [error] = useErrorBoundary((thrown) => console.error(thrown));
  // Loaded afresh: what broke may be in the page's memory. The address is the state, so nothing is lost.
  if (error) return <RefusalMessage refusal={PAGE_BROKE} again={() => location.reload()} />;
  return (
    <ErrorBoundary>
      <Router>
        {PAGES.map((page) => (
          <Route key={page.path} path={page.path} component={page.component} />
        ))}
        <Route default component={NotFound} />
      </Router>
    </ErrorBoundary>
  );
}

function NotFound() {
  const { path, view } = useAddress();
  if (path === '/') return <Skeleton />;
  return (
    <Empty title="There is no page at this address">
      <p>
        <code>{path}</code> may have moved. Everything else is in the navigation, or by Ctrl K.
      </p>
      <a class="button main" href={linkTo(view, START_PATH)}>
        Go to Live
      </a>
    </Empty>
  );
}
