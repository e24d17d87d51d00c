/** README says what is: its settings are the settings, its commands are the scripts, its links lead somewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../gateway/settings.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

describe('README', () => {
  it('lists every setting with its default and its meaning, and no other', () => {
    const rows = [...readme.matchAll(/^\| `(DATALAB_\w+)` \| (.*?) \| (.*) \|$/gm)].map(([, variable, fallback, about]) => ({
      variable,
      fallback,
      about,
    }));
    const settings = Object.values(SETTINGS).map(({ variable, fallback, about }) => ({
      variable,
      fallback: fallback === '' ? '' : `\`${fallback.replaceAll('|', '\\|')}\``,
      about: about.replaceAll('|', '\\|'),
    }));
    expect(rows.map((row) => ({ ...row, fallback: row.fallback?.trim() }))).toEqual(settings);
  });

  it('names only commands that there are', () => {
    const named = [...readme.matchAll(/`?npm (?:run )?(demo|start|test|check|bench|build|format|faults|size)\b/g)].map(
      ([, name]) => name ?? '',
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('links only to files that there are', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link ?? '').filter((link) => !link.startsWith('http'));
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((link) => !existsSync(join(ROOT, link)))).toEqual([]);
  });
});
