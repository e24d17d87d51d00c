/** Starts the UI: makes what all pages share, once, and draws the shell. */
import { render } from 'preact';
import { LocationProvider } from 'preact-iso';
import { Shell } from './shell/shell.tsx';
import { openBrowserSocket } from './state/browser-socket.ts';
import { createLiveClient } from './state/live-client.ts';
import { createPulse } from './state/pulse.ts';
import { createTheme } from './state/theme.ts';
import { WorkspaceContext } from './state/workspace.ts';

const browserTiming = {
  nowMs: () => Date.now(),
  after(delayMs: number, fn: () => void) {
    const timer = setTimeout(fn, delayMs);
    return () => clearTimeout(timer);
  },
};

const theme = createTheme();
const live = createLiveClient(openBrowserSocket, browserTiming, Math.random);
const workspace = { live, theme, pulse: createPulse(live) };

const root = document.getElementById('root');
if (root) {
  render(
    <WorkspaceContext.Provider value={workspace}>
      <LocationProvider>
        <Shell />
      </LocationProvider>
    </WorkspaceContext.Provider>,
    root,
  );
}
