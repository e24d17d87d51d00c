/** SPEC.md and the tests hold each other: every rule has a test that names it, and no test names a rule that is not there. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DROP_REASONS } from '../../engine/protocol/drop-reasons.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const code = globSync('{engine,actors,gateway,tracker,ui,ops}/**/*.{ts,tsx}', { cwd: ROOT });
const tests = code
  .filter((file) => /\.(test|contract)\.tsx?$/.test(file))
  .map(read)
  .join('\n');

describe('the specification', () => {
  const rules = [...read('engine/protocol/SPEC.md').matchAll(/^- \*\*([A-Z]{2}\d+)\*\*/gm)].map((match) => match[1] ?? '');

  it('has a test for every rule', () => {
    expect(rules.length).toBeGreaterThan(30);
    expect(rules.filter((rule) => !tests.includes(`[${rule}]`))).toEqual([]);
  });

  it('has a rule for every number that a test or a comment cites', () => {
    const cited = new Set(
      [...`${tests}\n${code.map(read).join('\n')}`.matchAll(/(?:\[|SPEC |, )((?:LC|HE|CO|AK|SM|PO|TX|DR)\d+)\b/g)].map(
        (match) => match[1] ?? '',
      ),
    );
    expect([...cited].filter((rule) => !rules.includes(rule))).toEqual([]);
  });

  it('[DR1] every drop reason is given somewhere: a reason that nobody can get is a lie', () => {
    const givers = code
      .filter((file) => !/\.(test|contract)\.tsx?$/.test(file) && !file.endsWith('drop-reasons.ts'))
      .map(read)
      .join('\n');
    expect(Object.keys(DROP_REASONS).filter((reason) => !givers.includes(`'${reason}'`))).toEqual([]);
  });
});
