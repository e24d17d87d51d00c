import { describe, expect, it } from 'vitest';
import type { Me } from '../../engine/protocol/account.ts';
import { mayUser } from '../state/account.ts';
import { DEFAULT_VIEW } from '../state/address.ts';
import type { Address, Workspace } from '../state/workspace.ts';
import { commandsOf, findCommands } from './commands.ts';

const commands = [
  { label: 'Live', kind: 'Page' },
  { label: 'Show sessions that are live', kind: 'Action' },
  { label: 'Garden shop', kind: 'App' },
];

describe('commands', () => {
  it('every word typed must occur, in any order and case', () => {
    expect(findCommands(commands, 'LIVE show')).toEqual([commands[1]]);
    expect(findCommands(commands, 'app')).toEqual([commands[2]]);
    expect(findCommands(commands, 'x')).toEqual([]);
  });

  it('nothing typed offers everything', () => {
    expect(findCommands(commands, ' ')).toEqual(commands);
  });

  it.each([
    ['viewer', ['Live', 'Sessions', 'Heatmaps', 'Your account'], ['Show sessions that are live']],
    ['analyst', ['Live', 'Sessions', 'Heatmaps', 'Settings', 'Your account'], ['Show sessions that are live']],
    [
      'operator',
      ['Live', 'Sessions', 'Heatmaps', 'Actors', 'Settings', 'Your account'],
      ['Show sessions that are live', 'Show actors that are reconnecting'],
    ],
  ] as const)('a %s is offered what that role may, and nothing else', (role, pages, shows) => {
    const me: Me = { id: 'u', name: 'Ada', email: 'a@b', isOwner: false, roles: { shop: role }, hasCodes: false, hasPassword: true };
    const address: Address = { path: '/live', view: DEFAULT_VIEW, change: () => {}, go: () => {} };
    // Looked at only when a command is run.
    const workspace = {} as Workspace;
    const offered = commandsOf(workspace, address, [], (action) => mayUser(me, action, 'shop'));
    expect(offered.filter(({ kind }) => kind === 'Page').map(({ label }) => label)).toEqual(pages);
    expect(offered.filter(({ label }) => label.startsWith('Show ')).map(({ label }) => label)).toEqual(shows);
  });
});
