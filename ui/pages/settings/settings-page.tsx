/** Settings: a navigation of their own beside the page that the address names. */
import type { AnyComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { Empty } from '../../parts/states-of-view.tsx';
import { Forbidden } from '../../shell/forbidden.tsx';
import { linkTo } from '../../state/address.ts';
import { useAddress, useMay, useMaybeApp } from '../../state/workspace.ts';
import { AppPart } from './app-part.tsx';
import { AppsPart } from './apps-part.tsx';
import { CapturePart } from './capture-part.tsx';
import { InstallPart } from './install-part.tsx';
import { KeysPart } from './keys-part.tsx';
import { SETTINGS_PARTS, type SettingsPart } from './parts.ts';
import { PeoplePart } from './people-part.tsx';
import { UsersPart } from './users-part.tsx';

const COMPONENTS: Readonly<Record<(typeof SETTINGS_PARTS)[number]['path'], AnyComponent>> = {
  '/settings/app': AppPart,
  '/settings/install': InstallPart,
  '/settings/capture': CapturePart,
  '/settings/keys': KeysPart,
  '/settings/people': PeoplePart,
  '/settings/apps': AppsPart,
  '/settings/users': UsersPart,
};

export function SettingsPage() {
  const app = useMaybeApp();
  const may = useMay();
  const { path, view, go } = useAddress();
  const shown = SETTINGS_PARTS.filter((part: SettingsPart) => may(part.action) && (part.isOfAll === true || app !== undefined));
  const part = SETTINGS_PARTS.find((candidate) => candidate.path === path.replace(/\/$/, ''));
  const first = shown[0];
  useEffect(() => {
    // Replaced, not added: going back must leave the settings.
    if (/^\/settings\/?$/.test(path) && first) go(linkTo(view, first.path), 'replace');
  });
  return (
    <div class="page settings">
      <header>
        <h1>{part?.label ?? 'Settings'}</h1>
        {app && !(part && 'isOfAll' in part) && <p>of {app.name}</p>}
      </header>
      <div class="settings-frame">
        <PartsNav parts={shown} path={path} />
        <div class="parts">
          <ShownPart part={part} />
        </div>
      </div>
    </div>
  );
}

function PartsNav({ parts, path }: { parts: readonly SettingsPart[]; path: string }) {
  const { view } = useAddress();
  return (
    <nav class="second-nav" aria-label="Settings">
      <ul>
        {parts.map((part, place) => (
          <li key={part.path} class={part.isOfAll && !parts[place - 1]?.isOfAll ? 'begins-all' : ''}>
            <a href={linkTo(view, part.path)} {...(path === part.path ? { 'aria-current': 'page' } : {})}>
              {part.label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function ShownPart({ part }: { part: (typeof SETTINGS_PARTS)[number] | undefined }) {
  const app = useMaybeApp();
  const may = useMay();
  const { path, view } = useAddress();
  if (/^\/settings\/?$/.test(path)) return null;
  if (!part) {
    return (
      <Empty title="There is no such settings page">
        <p>
          Nothing is at <code>{path}</code>. What there is stands in the list.
        </p>
      </Empty>
    );
  }
  if (!app && !('isOfAll' in part)) {
    return (
      <Empty title="There is no app yet">
        <p>These are the settings of an app, and there is none.</p>
        {may('apps.manage') && (
          <a class="button main" href={linkTo(view, '/settings/apps')}>
            Make the first app
          </a>
        )}
      </Empty>
    );
  }
  if (!may(part.action)) return <Forbidden what={part.label} action={part.action} />;
  const Component = COMPONENTS[part.path];
  // Another app's form is another form.
  return <Component key={app?.key} />;
}
