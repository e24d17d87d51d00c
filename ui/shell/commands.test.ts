import { describe, expect, it } from 'vitest';
import { findCommands } from './commands.ts';

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
});
