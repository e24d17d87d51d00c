/** Which app is looked at. */
import { AppWindow } from 'lucide-preact';
import { Menu, MenuItem } from '../parts/menu.tsx';
import { type App, useAddress, useApps } from '../state/workspace.ts';

export function AppMenu({ app }: { app: App }) {
  const { apps } = useApps();
  const { change } = useAddress();
  return (
    <Menu
      label="App"
      button={
        <>
          <AppWindow size={16} aria-hidden="true" />
          <span class="cut">{app.name}</span>
          {isArchived(app) && <span class="label only-wide">archived</span>}
        </>
      }
    >
      {(close) => (
        <ul>
          {apps.map((candidate) => (
            <MenuItem
              key={candidate.key}
              isChosen={candidate.key === app.key}
              choose={() => {
                // What was chosen of one app means nothing in another.
                change({ app: candidate.key, open: '', url: '', width: '' });
                close();
              }}
            >
              <span>
                {candidate.name} <span class="label">{isArchived(candidate) ? 'archived' : candidate.origins[0]}</span>
              </span>
            </MenuItem>
          ))}
        </ul>
      )}
    </Menu>
  );
}

/** What is archived takes nothing any more; what is there stays to be read. */
const isArchived = ({ state }: App) => state === 'archived';
