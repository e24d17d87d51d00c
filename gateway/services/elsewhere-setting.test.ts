import { expect, it } from 'vitest';
import { parseElsewhere } from './elsewhere-setting.ts';

it('names services by their swarm name and port, or by the address that is given', () => {
  expect([...parseElsewhere('', 'V')]).toEqual([]);
  expect([...parseElsewhere(' user, config=http://10.0.0.5:8005 ', 'V')]).toEqual([
    ['user', 'http://user:8001'],
    ['config', 'http://10.0.0.5:8005'],
  ]);
});

it.each(['gateway', 'user=', 'user=ftp://x', 'user=http://x/y', 'User', 'user http://x', 'constructor'])(
  'refuses “%s”, and names it',
  (entry) => {
    const refused = expect.objectContaining({ code: 'setting-invalid', message: expect.stringContaining(`V has “${entry}”`) });
    expect(() => parseElsewhere(`app,${entry}`, 'V')).toThrow(refused);
  },
);
