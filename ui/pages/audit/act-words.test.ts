import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { actWords, detailText } from './act-words.ts';

describe('an act of the audit log', () => {
  it.each([
    ['config.change', '{"basedOn":1}', 'Changed how sessions are captured'],
    ['app.archive', '{"archived":true}', 'Archived the app'],
    ['app.archive', '{"archived":false}', 'Took the app out of the archive'],
    ['key.end', '{"endsMs":null}', 'Let a public key go on'],
    ['key.end', '{"endsMs":0}', 'Ended a public key'],
    ['key.end', '{"endsMs":2592000000}', 'Set a day for a public key to end'],
    ['user.role', '{"role":"operator"}', 'Gave the role operator'],
    ['user.role', '{"role":null}', 'Took a role away'],
    ['user.invite', '{"email":"a@b.example","role":"viewer"}', 'Invited a@b.example'],
    ['sign-out', '', 'Signed out'],
  ])('%s %s is said as “%s”', (what, detail, words) => {
    expect(actWords({ what, detail, atMs: 0 })).toBe(words);
  });

  it('has words, whichever of those that the gateway writes down it is', () => {
    const root = join(import.meta.dirname, '..', '..', '..');
    const routes = globSync('gateway/**/*.ts', { cwd: root, exclude: (name) => name.endsWith('.test.ts') });
    const acts = routes.flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/\bact: '([^']+)'/g)].map(([, act]) => act ?? ''),
    );
    expect(acts.length).toBeGreaterThan(0);
    expect(acts.filter((what) => actWords({ what, detail: '{}', atMs: 0 }) === what)).toEqual([]);
  });

  it('without words of its own is said by its name, whatever it is called', () => {
    for (const what of ['something.new', 'constructor', '__proto__', '']) expect(actWords({ what, detail: '{}', atMs: 0 })).toBe(what);
  });

  it('is said although its detail was cut or is no object', () => {
    for (const detail of ['', '{"email":"a@b', 'null', '7', '[]'])
      expect(actWords({ what: 'user.invite', detail, atMs: 0 })).toBe('Invited somebody');
  });
});

it('detail is laid out where it is whole, and shown as it is where it was cut', () => {
  expect(detailText('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(detailText('{"a":"xyz…')).toBe('{"a":"xyz…');
});
