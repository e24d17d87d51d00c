/** Which app is looked at. */
import { AppWindow } from 'lucide-preact';
import { Menu, MenuItem } from '../parts/menu.tsx';
import { type App, useAddress } from '../state/workspace.ts';

export function AppMenu({ apps, app }: { apps: readonly App[]; app: App }) {
  const { change } = useAddress();
  return (
    <Menu
      label="App"
      button={
        <>
          <AppWindow size={16} aria-hidden="true" />
          <span class="cut">{app.name}</span>
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
                {candidate.name} <span class="label">{candidate.origins[0]}</span>
              </span>
            </MenuItem>
          ))}
        </ul>
      )}
    </Menu>
  );
}
