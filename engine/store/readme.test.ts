/** README.md is what an analyst goes by: its queries run on the schema that is, and every column is explained. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openForWriting } from './sqlite/open-database.ts';

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
const dataDir = mkdtempSync(join(tmpdir(), 'datalab-readme-'));
const db = openForWriting(dataDir);
afterAll(() => {
  db.close();
  rmSync(dataDir, { recursive: true });
});

const tables = db
  .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'")
  .all()
  .map((row) => String(row['name']));
const queries = [...readme.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql]) => sql ?? '');

test('the README has a query for each table, and each runs', () => {
  for (const sql of queries) db.prepare(sql).all();
  const asked = queries.join('\n');
  const unasked = tables.filter((name) => !new RegExp(`\\b(FROM|JOIN) ${name}\\b`).test(asked));
  // Their view is what is asked.
  expect(unasked.toSorted()).toEqual(['heat_cell', 'heat_grid']);
});

test('the README explains every column of every table', () => {
  const columns = tables.flatMap((table) =>
    db
      .prepare('SELECT name FROM pragma_table_info(?)')
      .all(table)
      .map((row) => String(row['name'])),
  );
  expect(columns.length).toBeGreaterThan(60);
  const prose = readme.replaceAll(/```sql\n[\s\S]*?```/g, '');
  expect(columns.filter((name) => !prose.includes(`\`${name}\``))).toEqual([]);
});
