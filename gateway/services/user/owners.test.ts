import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SimulatedClock } from '../../../engine/clock/simulated-clock.ts';
import type { Documents } from '../../../engine/documents/documents.ts';
import { openSqliteDocuments } from '../../../engine/documents/sqlite-documents.ts';
import { Owners } from './owners.ts';

let folder: string;
let documents: Documents;
let clock: SimulatedClock;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'datalab-owners-'));
  documents = openSqliteDocuments({ file: join(folder, 'users.sqlite') });
  clock = new SimulatedClock();
});
afterEach(async () => {
  await documents.close();
  rmSync(folder, { recursive: true });
});

it('two owners who leave at the same time, each seeing the other one still there: one leaves', async () => {
  let asked = 0;
  let bothAsked = () => {};
  const untilBothAsked = new Promise<void>((resolve) => {
    bothAsked = resolve;
  });
  const owners = await Owners.open(documents, clock, async () => {
    asked += 1;
    if (asked === 2) bothAsked();
    await untilBothAsked;
    return true;
  });
  await owners.add('ada');
  await owners.add('bob');
  const left = await Promise.allSettled([owners.remove('ada'), owners.remove('bob')]);
  expect(left.map((each) => (each.status === 'rejected' ? each.reason.code : 'left'))).toEqual(['left', 'owner-last']);
  expect(await owners.ids()).toEqual(new Set(['bob']));
});

it('whoever is none leaves without a word; who is no user counts for nobody', async () => {
  const owners = await Owners.open(documents, clock, async (id) => id !== 'gone');
  await owners.remove('nobody');
  await owners.add('ada');
  await owners.add('gone');
  await owners.add('ada');
  await owners.remove('nobody');
  await expect(owners.remove('ada')).rejects.toMatchObject({ code: 'owner-last' });
  expect(await owners.ids()).toEqual(new Set(['ada', 'gone']));
});

it('the first is one: a place that was taken for somebody who never came is free after half a minute', async () => {
  const users = new Set<string>();
  const owners = await Owners.open(documents, clock, async (id) => users.has(id));
  const firsts = await Promise.all(['ada', 'bob', 'eve'].map((id) => owners.addFirst(id)));
  expect(firsts.filter(Boolean)).toHaveLength(1);
  clock.advance(29_999);
  expect(await owners.addFirst('kim')).toBe(false);
  clock.advance(1);
  expect(await owners.addFirst('kim')).toBe(true);
  users.add('kim');
  clock.advance(86_400_000);
  expect(await owners.addFirst('eve')).toBe(false);
  expect(await owners.ids()).toEqual(new Set(['kim']));
});

it('a place that is given back is free at once', async () => {
  const owners = await Owners.open(documents, clock, async () => false);
  await owners.addFirst('ada');
  await owners.takeBack('ada');
  expect(await owners.addFirst('bob')).toBe(true);
});
