/** The frame around every page: navigation, top bar, palette, banner; and the app that everything below is about. */

import { useEffect, useErrorBoundary, useRef, useState } from 'preact/hooks';
import { ErrorBoundary, Route, Router } from 'preact-iso';
import type { Refusal } from '../../engine/protocol/hello.ts';
import { Empty, RefusalMessage, Skeleton } from '../parts/states-of-view.tsx';
import { linkTo } from '../state/address.ts';
import { askApps } from '../state/api.ts';
import { useQuestion } from '../state/question.ts';
import { type App, AppContext, useAddress, useWorkspace } from '../state/workspace.ts';
import { CommandPalette } from './command-palette.tsx';
import { ConnectionBanner, useIsStale } from './connection-banner.tsx';
import { Nav } from './nav.tsx';
import { PAGES, pageOf, START_PATH } from './pages.ts';
import { TopBar } from './top-bar.tsx';

export function Shell() {
  const { view } = useAddress();
  const apps = useQuestion('apps', askApps);
  if (apps.refusal) return <RefusalMessage refusal={apps.refusal} again={apps.again} />;
  if (!apps.data) return <Skeleton />;
  const app = apps.data.apps.find((candidate) => candidate.key === view.app) ?? apps.data.apps[0];
  if (!app) {
    return (
      <Empty title="There is no app yet">
        <p>
          An app is one website. Set its key, name and origins in the gateway’s configuration and restart it; this page then shows the
          snippet to paste.
        </p>
        <button type="button" class="main" onClick={apps.again}>
          Look again
        </button>
      </Empty>
    );
  }
  return <Frame apps={apps.data.apps} app={app} />;
}

function Frame({ apps, app }: { apps: readonly App[]; app: App }) {
  const { pulse } = useWorkspace();
  const { path, view, go } = useAddress();
  const [isPaletteOpen, setIsPaletteOpen] = useState(false);
  const drawer = useRef<HTMLDialogElement>(null);
  const main = useRef<HTMLElement>(null);
  const isStale = useIsStale();
  const page = pageOf(path);

  useEffect(() => pulse.watch(app.key), [pulse, app.key]);
  useEffect(() => {
    // Replaced, not added: going back from the start page must leave, not return to it.
    if (path === '/') go(linkTo(view, START_PATH), 'replace');
  });
  useEffect(() => {
    document.title = `${page?.label ?? 'Not found'} · ${app.name} · datalab`;
    main.current?.scrollTo(0, 0);
  }, [page?.label, app.name, path]);
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
    <AppContext.Provider value={app}>
      <div class={isStale ? 'shell is-stale' : 'shell'}>
        <Nav />
        <TopBar
          apps={apps}
          app={app}
          hasRange={page?.hasRange === true}
          openDrawer={() => drawer.current?.showModal()}
          openPalette={() => setIsPaletteOpen(true)}
        />
        <main class="main" ref={main}>
          <ConnectionBanner />
          <Pages key={app.key} />
        </main>
        <dialog class="drawer" aria-label="Pages" ref={drawer}>
          <Nav onGo={() => drawer.current?.close()} />
        </dialog>
        <CommandPalette apps={apps} isOpen={isPaletteOpen} close={() => setIsPaletteOpen(false)} />
      </div>
    </AppContext.Provider>
  );
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
