/** What every store adapter must keep when it deletes: what expired, and what is to be forgotten of a visitor. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packChanges } from '../rollup/packed-changes.ts';
import type { RollupChange } from '../rollup/rollups.ts';
import { COVERAGE, type Coverage, coverageId, EVERY_APP } from './coverage.ts';
import { AT, batchOf, DAY, frameBatch, heatOf, sessionAt, sessionRecord, storedRollups, storeSession, URL_A } from './fixtures/records.ts';
import type { LayoutRecord, SetAside } from './records.ts';
import type { Erased, Expiry, PreparedBatch, Store } from './store.ts';

const NEXT_DAY = '2026-01-06';
const MIDNIGHT: number = Date.parse(NEXT_DAY);
/** Far above what a step deletes, whatever an adapter counts as one: it is bounded at all. */
const STEP_MAX = 2_000;
const NOTHING = { visits: 0, sessions: 0, chunks: 0, events: 0, endings: 0, setAside: 0, uncounted: 0 };

type Count = { -readonly [K in keyof Omit<Erased, 'done'>]: number };

/** @returns what each step removed */
async function expireAll(store: Store, expiry: Expiry): Promise<number[]> {
  const steps: number[] = [];
  for (let done = false; !done; ) {
    const step = await store.expireSome(expiry);
    steps.push(step.removed);
    done = step.done;
  }
  return steps;
}

async function eraseAll(store: Store, visitor: string, app = 'demo'): Promise<Count> {
  const all: Count = { ...NOTHING };
  for (let done = false; !done; ) {
    const { done: isLast, ...step } = await store.eraseSome(app, visitor);
    for (const name of Object.keys(all) as (keyof Count)[]) all[name] += step[name];
    done = isLast;
  }
  return all;
}

function cover(store: Store, id: string, value: Coverage): Promise<boolean> {
  return store.writeDocument({ kind: COVERAGE, id, ifRevision: 0, value });
}

/** A batch of one frame whose latest event was then. */
function frameAt(
  atMs: number,
  firstSeq: number,
  frame: { readonly app?: string; readonly rollups?: readonly RollupChange[] } = {},
): PreparedBatch {
  const batch = batchOf({ firstSeq, count: 1, ...frame });
  return {
    ...batch,
    sessions: batch.sessions.map((advance) => ({ ...advance, lastSeenMs: atMs })),
    chunks: batch.chunks.map((chunk) => ({ ...chunk, startMs: atMs, endMs: atMs, receivedMs: atMs })),
  };
}

function setAsideAt(atMs: number, firstSeq: number, app = 'demo'): { readonly batch: PreparedBatch; readonly frame: SetAside } {
  const frame = { app, session: 's1', firstSeq, count: 1, reason: 'frame-malformed', sha256: 'ab', atMs };
  return { frame, batch: { ...batchOf({ app, firstSeq, count: 1 }), chunks: [], changes: new Uint8Array(), setAside: [frame] } };
}

function layoutAt(atMs: number, url: string, app = 'demo'): LayoutRecord {
  return { app, url, widthClass: 'laptop', atMs, pageWidth: 1280, pageHeight: 4000, viewportHeight: 800, boxes: [] };
}

/** @param open a store over nothing yet; called anew for each test */
export function removalContract(open: () => Promise<Store>): void {
  describe('what expires', () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test('chunks and set-aside frames go whose latest event was before midnight; sessions, sums and other apps stay', async () => {
      for (const app of ['demo', 'other']) {
        await store.openSession(sessionRecord({ app }));
        for (const [i, atMs] of [AT, MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 1].entries()) {
          expect(await store.commit(frameAt(atMs, 1 + 2 * i, { app }))).toMatchObject({ committed: true });
          expect(await store.commit(setAsideAt(atMs, 2 + 2 * i, app).batch)).toMatchObject({ committed: true });
        }
      }
      const before = [await storedRollups(store), await store.findSession('demo', 's1'), await store.latestVisit('demo', 'p1')];
      await expireAll(store, { app: 'demo', kind: 'chunks', beforeDay: NEXT_DAY });
      expect((await store.readChunks('demo', 's1')).map(([firstSeq]) => firstSeq)).toEqual([5, 7]);
      expect((await store.listSetAside('demo', 9)).map(({ atMs }) => atMs)).toEqual([MIDNIGHT + 1, MIDNIGHT]);
      expect([await storedRollups(store), await store.findSession('demo', 's1'), await store.latestVisit('demo', 'p1')]).toEqual(before);
      expect(await store.readChunks('other', 's1')).toHaveLength(4);
      expect(await store.listSetAside('other', 9)).toHaveLength(4);
      expect(await store.expireSome({ app: 'demo', kind: 'chunks', beforeDay: NEXT_DAY })).toEqual({ removed: 0, done: true });
    });

    test('sessions go that ended before midnight, with their chunks, ends and visits; one that is open stays, however old', async () => {
      const old = { session: 's1', visit: 'v1' };
      await storeSession(store, sessionRecord(old), { endedMs: MIDNIGHT - 1 });
      await storeSession(store, sessionRecord({ session: 's2', visit: 'v2', visitor: 'p2' }), { endedMs: MIDNIGHT });
      await storeSession(store, sessionRecord({ session: 's3', visit: 'v3', visitor: 'p3' }), { endedMs: null });
      // Ended, but an event of the next day came late; and one that came back.
      await storeSession(store, sessionRecord({ session: 's4', visit: 'v4', visitor: 'p4' }));
      const late = frameAt(MIDNIGHT + 5, 7);
      const [advance] = late.sessions;
      const chunks = late.chunks.map((chunk) => ({ ...chunk, session: 's4' }));
      if (advance) await store.commit({ ...late, chunks, sessions: [{ ...advance, session: 's4', visit: 'v4' }] });
      await storeSession(store, sessionRecord({ session: 's5', visit: 'v5', visitor: 'p5' }));
      await store.openSession(sessionRecord({ session: 's5', visit: 'v6', visitor: 'p5', lastSeenMs: AT + 60_000 }));
      await storeSession(store, sessionRecord({ ...old, app: 'other' }));
      const [sums, others] = [await storedRollups(store), await store.readSession('other', 's1')];

      await expireAll(store, { app: 'demo', kind: 'sessions', beforeDay: NEXT_DAY });
      const { rows } = await store.listSessions({ app: 'demo', descending: false });
      expect(rows.map(({ session }) => session).sort()).toEqual(['s2', 's3', 's4', 's5']);
      expect(await store.readSession('demo', 's1')).toBeNull();
      expect(await store.readChunks('demo', 's1')).toEqual([]);
      const visits = (await store.listVisits({ app: 'demo' })).rows.map(({ visit }) => visit);
      expect(visits.sort()).toEqual(['v2', 'v3', 'v4', 'v6']);
      expect(await store.readSession('demo', 's3')).toMatchObject({ endings: [], chunks: [{ firstSeq: 1 }, { firstSeq: 4 }] });
      expect(await store.readSession('demo', 's5')).toMatchObject({
        endings: [{ reason: 'idle' }],
        chunks: [{ firstSeq: 1 }, { firstSeq: 4 }],
      });
      expect(await storedRollups(store)).toEqual(sums);
      expect(await store.readSession('other', 's1')).toEqual(others);
      // What comes of it afterwards belongs to nobody; and under the same name it is a new session without the old one's ends.
      expect(await store.commit(frameBatch(sessionRecord(), 7))).toMatchObject({ refused: [{ reason: 'session-unknown' }] });
      await store.openSession(sessionRecord());
      expect(await store.readSession('demo', 's1')).toMatchObject({ endings: [], chunks: [] });
    });

    test('rollups go of the days before, layouts too; waiting changes do not bring them back', async () => {
      const apps = ['demo', 'other'];
      for (const app of apps) await store.openSession(sessionRecord({ app }));
      for (const [i, day] of ['2026-01-04', DAY, NEXT_DAY].entries()) {
        for (const app of apps) {
          const rollups: RollupChange[] = [
            { rollup: 'page', key: { app, day, url: URL_A, widthClass: 'laptop' }, add: { events: 1 } },
            { rollup: 'target', key: { app, day, url: URL_A, target: 'a', text: '' }, add: { clicks: 1 } },
            { rollup: 'step', key: { app, day, from: URL_A, to: 'b' }, add: { count: 1 } },
          ];
          const layouts = [layoutAt(Date.parse(day), `https://shop.example/${day}`, app)];
          await store.commit({ ...batchOf({ app, firstSeq: 1 + i, count: 1, rollups, heat: heatOf(app, 3, day) }), layouts });
        }
        // The first day is added up, the others wait.
        if (i === 0) await store.fold();
      }
      await expireAll(store, { app: 'demo', kind: 'rollups', beforeDay: NEXT_DAY });
      await store.fold();
      const kept = await storedRollups(store);
      expect(kept.map(({ rollup, row }) => `${rollup} ${row['day']}`)).toEqual([
        `heat ${NEXT_DAY}`,
        `heat ${NEXT_DAY}`,
        `page ${NEXT_DAY}`,
        `step ${NEXT_DAY}`,
        `target ${NEXT_DAY}`,
      ]);
      const layout = (day: string, app = 'demo') => store.latestLayout(app, `https://shop.example/${day}`, 'laptop');
      expect(await layout(DAY)).toBeNull();
      expect(await layout(NEXT_DAY)).toMatchObject({ atMs: MIDNIGHT });
      expect(await layout(DAY, 'other')).not.toBeNull();
      // Five a day, and the six dimensions of the visit.
      expect(await storedRollups(store, 'other')).toHaveLength(3 * 5 + 6);
      expect(await store.readChunks('demo', 's1')).toHaveLength(3);
    });

    test('a rebuild leaves days alone whose chunks expired; the same day of another app is still compared', async () => {
      await storeSession(store, sessionRecord());
      await storeSession(store, sessionRecord({ app: 'other' }));
      await expireAll(store, { app: 'demo', kind: 'chunks', beforeDay: NEXT_DAY });
      expect((await store.compareDay(DAY)).differing).toBeGreaterThan(0);
      await cover(store, coverageId('demo'), { fromDay: NEXT_DAY });
      expect(await store.compareDay(DAY)).toMatchObject({ chunks: 2, events: 6, differing: 0 });
      const rollups: RollupChange[] = [
        { rollup: 'page', key: { app: 'other', day: DAY, url: URL_A, widthClass: 'laptop' }, add: { views: 1 } },
      ];
      await store.applyChanges(packChanges({ rollups, heat: [] }), { kind: 'test', id: 'wrong', ifRevision: 0, value: null });
      expect(await store.compareDay(DAY)).toMatchObject({ differing: 1, examples: [expect.stringContaining('page other')] });
      expect(await store.rollupDays()).toContain(DAY);
      await cover(store, EVERY_APP, { fromDay: NEXT_DAY });
      expect(await store.compareDay(DAY)).toMatchObject({ rows: 0, differing: 0 });
      expect(await store.rollupDays()).not.toContain(DAY);
    });

    test('much is deleted in bounded steps', async () => {
      const names = Array.from({ length: 1_100 }, (_, i) => `s${i}`);
      await Promise.all(names.map((session) => store.openSession(sessionRecord({ session }))));
      await Promise.all(names.map((session) => store.endSession({ app: 'demo', session, endedMs: AT + 1, reason: 'idle' })));
      const steps = await expireAll(store, { app: 'demo', kind: 'sessions', beforeDay: NEXT_DAY });
      expect(steps.length).toBeGreaterThan(1);
      expect(Math.max(...steps)).toBeLessThan(STEP_MAX);
      expect(await store.listSessions({ app: 'demo' })).toEqual({ rows: [], total: 0 });
      expect(await store.listVisits({ app: 'demo' })).toEqual({ rows: [], total: 0 });
    });

    test('a day that is none deletes nothing', async () => {
      await storeSession(store, sessionRecord());
      const before = await storedRollups(store);
      for (const beforeDay of ['', 'tomorrow', '2026-1-6', '2026-02-30', '2026-01-06T00:00:00Z', '9']) {
        for (const kind of ['chunks', 'sessions', 'rollups'] as const)
          await expect(store.expireSome({ app: 'demo', kind, beforeDay })).rejects.toMatchObject({ code: 'query-invalid' });
      }
      expect(await storedRollups(store)).toEqual(before);
      expect(await store.readSession('demo', 's1')).toMatchObject({ chunks: [{}, {}] });
    });
  });

  describe('a visitor who is to be forgotten', () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const stays = sessionRecord({ session: 's-stays', visit: 'v-stays', visitor: 'stays', device: 'mobile', os: 'Android' });

    test('everything of the visitor goes; the rollups are those of a store that never saw it', async () => {
      const never = await open();
      for (const each of [store, never]) await storeSession(each, stays);
      const untouched = await store.readSession('demo', stays.session);
      // Two visits, a tab that came back, one that is open; half of it added up; and the same visitor's name in another app.
      await storeSession(store, sessionRecord(), { frames: 3 });
      await store.fold();
      await store.openSession(sessionRecord({ visit: 'v2', lastSeenMs: AT + 60_000 }));
      await store.commit(setAsideAt(AT, 10).batch);
      await store.endSession({ app: 'demo', session: 's1', endedMs: AT + 61_000, reason: 'goodbye' });
      await storeSession(store, sessionAt(MIDNIGHT - 450, { session: 's2', visit: 'v2' }), { endedMs: null });
      await storeSession(store, sessionRecord({ app: 'other' }));
      const elsewhere = [await store.readSession('other', 's1'), await storedRollups(store, 'other')];

      const erased = await eraseAll(store, 'p1');
      expect(erased).toEqual({ visits: 2, sessions: 2, chunks: 5, events: 15, endings: 2, setAside: 1, uncounted: 0 });
      expect(await store.listVisits({ app: 'demo', visitor: 'p1' })).toEqual({ rows: [], total: 0 });
      expect(await store.walkSessions({ app: 'demo', visitor: 'p1', limit: 9 })).toEqual([]);
      for (const session of ['s1', 's2']) {
        expect(await store.findSession('demo', session)).toBeNull();
        expect(await store.readSession('demo', session)).toBeNull();
        expect(await store.readChunks('demo', session)).toEqual([]);
      }
      expect(await store.latestVisit('demo', 'p1')).toBeNull();
      expect(await store.listSetAside('demo', 9)).toEqual([]);
      expect(await storedRollups(store)).toEqual(await storedRollups(never));
      for (const day of [DAY, NEXT_DAY]) expect(await store.compareDay(day)).toMatchObject({ differing: 0 });
      expect(await store.readSession('demo', stays.session)).toEqual(untouched);
      expect([await store.readSession('other', 's1'), await storedRollups(store, 'other')]).toEqual(elsewhere);
      expect(typeof (await store.scrub())).toBe('boolean');
      await never.close();
    });

    test('a layout goes when nobody else saw its page; that of a page which others saw stays', async () => {
      // Left no frame, but was on the first page when it ended.
      await storeSession(store, { ...stays, widthClass: 'laptop' }, { frames: 0 });
      const record = await storeSession(store, sessionRecord());
      const alone = `${URL_A}/b`;
      await store.commit({ ...frameBatch(record, 7), layouts: [layoutAt(AT, URL_A), layoutAt(AT, alone)] });
      await store.scrub();
      for (const url of [URL_A, alone]) expect(await store.latestLayout('demo', url, 'laptop')).not.toBeNull();
      await eraseAll(store, 'p1');
      await store.scrub();
      expect(await store.latestLayout('demo', alone, 'laptop')).toBeNull();
      expect(await store.latestLayout('demo', URL_A, 'laptop')).toEqual(layoutAt(AT, URL_A));
    });

    test('done twice it is harmless, and one that nobody knows is nothing', async () => {
      await storeSession(store, stays);
      await storeSession(store, sessionRecord());
      await eraseAll(store, 'p1');
      const before = await storedRollups(store);
      expect(await eraseAll(store, 'p1')).toEqual(NOTHING);
      expect(await eraseAll(store, 'unknown')).toEqual(NOTHING);
      expect(await storedRollups(store)).toEqual(before);
      expect(await store.readSession('demo', stays.session)).not.toBeNull();
    });

    test('what is sent afterwards is refused; whoever comes back is new', async () => {
      await storeSession(store, sessionRecord(), { endedMs: null });
      await eraseAll(store, 'p1');
      expect(await store.commit(frameBatch(sessionRecord(), 7))).toEqual({
        committed: false,
        refused: [{ app: 'demo', session: 's1', firstSeq: 7, count: 3, reason: 'session-unknown' }],
      });
      await store.endSession({ app: 'demo', session: 's1', endedMs: AT + 9_000, reason: 'idle' });
      expect(await storedRollups(store)).toEqual([]);
      expect(await store.openSession(sessionRecord())).toEqual(sessionRecord());
      expect(await store.latestVisit('demo', 'p1')).toMatchObject({ newVisitor: true });
      expect(await store.compareDay(DAY)).toMatchObject({ chunks: 0, differing: 0 });
    });

    test('much of one visitor goes step by step, and each step takes its counts away', async () => {
      await storeSession(store, stays);
      const record = await storeSession(store, sessionRecord(), { frames: 600 });
      await Promise.all(Array.from({ length: 80 }, (_, i) => store.openSession(sessionRecord({ session: `t${i}`, visit: `w${i}` }))));
      const first = await store.eraseSome('demo', 'p1');
      expect(first.done).toBe(false);
      expect(first.chunks + first.visits + first.sessions).toBeLessThan(STEP_MAX);
      // Sums and what is stored agree after each step.
      expect(await store.compareDay(DAY)).toMatchObject({ differing: 0 });
      const { chunks, sessions, visits } = await eraseAll(store, 'p1');
      expect({
        chunks: first.chunks + chunks,
        sessions: first.sessions + sessions,
        visits: first.visits + visits,
      }).toEqual({ chunks: 600, sessions: 81, visits: 81 });
      expect(await store.findSession('demo', record.session)).toBeNull();
      expect(await store.compareDay(DAY)).toMatchObject({ chunks: 2, differing: 0 });
      expect((await storedRollups(store)).filter(({ row }) => row['value'] === 'desktop')).toEqual([]);
    });

    test('rollups that expired are not taken from: what counted there is uncounted', async () => {
      await storeSession(store, sessionRecord());
      await storeSession(store, sessionAt(MIDNIGHT, { session: 's2', visit: 'v2' }));
      await cover(store, coverageId('demo'), { fromDay: NEXT_DAY, rollupsFromDay: NEXT_DAY });
      await expireAll(store, { app: 'demo', kind: 'rollups', beforeDay: NEXT_DAY });
      expect(await eraseAll(store, 'p1')).toMatchObject({ visits: 2, sessions: 2, chunks: 4, uncounted: 3 });
      expect(await storedRollups(store)).toEqual([]);
    });

    test('a visit is uncounted whose beginning session expired: nobody knows any more what it counted', async () => {
      await storeSession(store, sessionRecord({ session: 's1' }));
      await storeSession(store, sessionAt(MIDNIGHT, { session: 's2' }));
      await cover(store, coverageId('demo'), { fromDay: NEXT_DAY });
      await expireAll(store, { app: 'demo', kind: 'sessions', beforeDay: NEXT_DAY });
      expect((await store.listVisits({ app: 'demo' })).rows).toMatchObject([{ visit: 'v1', session: 's1' }]);
      expect(await eraseAll(store, 'p1')).toMatchObject({ visits: 1, sessions: 1, chunks: 2, uncounted: 1 });
      const days = (await storedRollups(store)).map(({ row }) => row['day']);
      expect([...new Set(days)]).toEqual([DAY]);
      expect(await store.compareDay(NEXT_DAY)).toMatchObject({ differing: 0 });
    });
  });
}
