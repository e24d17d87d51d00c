/** README.md is what an analyst goes by: every table has its section there, and every column its name in it. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FORMATS } from './formats.ts';
import { TABLES } from './tables.ts';

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
const [head = '', ...sections] = readme.split(/^### /m);
const sectionOf = new Map(sections.map((section) => [section.slice(0, section.indexOf('\n')), section]));
const EVERYWHERE = ['app', 'day'];

it.each(Object.entries(TABLES))('the README explains every column of %s', (table, columns) => {
  const named = (name: string) => (EVERYWHERE.includes(name) ? readme : (sectionOf.get(table) ?? '')).includes(`\`${name}\``);
  expect(Object.keys(columns).filter((name) => !named(name))).toEqual([]);
});

it('the README has no table that there is not, and every format', () => {
  expect([...sectionOf.keys()].sort()).toEqual(Object.keys(TABLES).sort());
  for (const name of Object.keys(FORMATS)) expect(head).toContain(`\`${name}\``);
});
