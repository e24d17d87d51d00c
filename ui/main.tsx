/** Starts the UI: makes what all pages share, once, and draws the shell. */
import { computed } from '@preact/signals';
import { render } from 'preact';
import { LocationProvider } from 'preact-iso';
import { Shell } from './shell/shell.tsx';
import { askMe, createAccount } from './state/account.ts';
import { SIGNED_OUT } from './state/api.ts';
import { openBrowserSocket } from './state/browser-socket.ts';
import { createLinkToken } from './state/link-token.ts';
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
const account = createAccount(askMe, () => performance.now());
addEventListener(SIGNED_OUT, (event) => account.forget((event as CustomEvent<number>).detail));
// A browser does not say why a socket was refused: what the server answers to a question does.
const live = createLiveClient(openBrowserSocket, browserTiming, Math.random, account.check);
// By user, not by what is known of them: a changed name is no reason to connect anew.
computed(() => account.me.value?.id).subscribe((user) => {
  live.stop();
  if (user !== undefined) live.start();
});
const workspace = { live, theme, account, link: createLinkToken(), pulse: createPulse(live) };

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
