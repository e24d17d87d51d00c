/** What every store adapter must keep. Each adapter's test runs it on the real thing. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ackOf } from '../protocol/ledger.ts';
import { packChanges } from '../rollup/packed-changes.ts';
import { LEFT } from '../rollup/page-time.ts';
import type { RollupChange } from '../rollup/rollups.ts';
import { AT, batchOf, DAY, frameBatch, heatOf, sessionRecord, URL_A } from './fixtures/records.ts';
import { packBatch } from './packed-batch.ts';
import type { LayoutRecord } from './records.ts';
import { removalContract } from './removal.contract.ts';
import { restoreContract } from './restore.contract.ts';
import type { PreparedBatch, Store } from './store.ts';

/** What an analyst would see of the events of an app. */
export async function storedEvents(store: Store, app = 'demo'): Promise<{ readonly page: number; readonly heat: readonly unknown[] }> {
  const pages = await store.readRollup('page', { app });
  const heat = await store.readRollup('heat', { app, where: { url: URL_A, widthClass: 'laptop', layer: 'move' } });
  return { page: pages.reduce((sum, { events }) => sum + events, 0), heat: heat.map(({ row, column, weight }) => [row, column, weight]) };
}

/** @param open a store over nothing yet; called anew for each test */
export function storeContract(open: () => Promise<Store>): void {
  describe('store contract', () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test('[AK3] a commit makes chunks, sums and ledger visible together, and says the ledger', async () => {
      await store.openSession(sessionRecord());
      const outcome = await store.commit(batchOf({ firstSeq: 1, count: 5 }));
      expect(outcome).toEqual({ committed: true, ledgers: [{ highSeq: 5, gaps: [], lost: 0 }] });
      expect(await store.readChunks('demo', 's1')).toEqual([Uint8Array.of(1, 5)]);
      expect(await storedEvents(store)).toEqual({
        page: 5,
        heat: [
          [0, 3, 5],
          [1, 0, 10],
        ],
      });
      expect(await store.findSession('demo', 's1')).toMatchObject({
        views: 1,
        clicks: 2,
        events: 5,
        lastSeenMs: AT + 1,
        widthClass: 'laptop',
        ledger: { highSeq: 5 },
      });
      expect(await store.latestVisit('demo', 'p1')).toMatchObject({ visit: 'v1', lastSeenMs: AT + 1 });
    });

    test('[AK3] packed bytes commit like the batch they were made of', async () => {
      await store.openSession(sessionRecord());
      expect(await store.commit(packBatch(batchOf({ firstSeq: 1, count: 5 })))).toMatchObject({ committed: true });
      expect(await store.readChunks('demo', 's1')).toEqual([Uint8Array.of(1, 5)]);
    });

    test('[AK4] a resent frame is refused as duplicate and changes nothing', async () => {
      await store.openSession(sessionRecord());
      await store.commit(batchOf({ firstSeq: 1, count: 5 }));
      const before = [await storedEvents(store), await store.findSession('demo', 's1')];
      expect(await store.commit(batchOf({ firstSeq: 1, count: 5 }))).toEqual({
        committed: false,
        refused: [{ app: 'demo', session: 's1', firstSeq: 1, count: 5, reason: 'frame-duplicate' }],
      });
      expect([await storedEvents(store), await store.findSession('demo', 's1')]).toEqual(before);
    });

    test('[AK4] of the same frame given twice at once exactly one is stored', async () => {
      await store.openSession(sessionRecord());
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => store.commit(batchOf({ firstSeq: 1, count: 5 }))));
      expect(outcomes.filter(({ committed }) => committed)).toHaveLength(1);
      expect((await storedEvents(store)).page).toBe(5);
    });

    test('[AK4] a session whose frames were all stored before gets its ledger again', async () => {
      await store.openSession(sessionRecord());
      const batch = batchOf({ firstSeq: 1, count: 5 });
      await store.commit(batch);
      const nothing: PreparedBatch = {
        ...batch,
        sessions: batch.sessions.map((advance) => ({ ...advance, frames: [], events: 0 })),
        chunks: [],
        changes: new Uint8Array(),
      };
      expect(await store.commit(nothing)).toEqual({ committed: true, ledgers: [{ highSeq: 5, gaps: [], lost: 0 }] });
      expect(await store.findSession('demo', 's1')).toMatchObject({ views: 1, clicks: 2, events: 5 });
    });

    test('[AK4] one frame of a batch that was stored before keeps the whole batch out', async () => {
      await store.openSession(sessionRecord());
      await store.openSession(sessionRecord({ session: 's2' }));
      await store.commit(batchOf({ firstSeq: 1, count: 5 }));
      const [again, fresh] = [batchOf({ firstSeq: 1, count: 5 }), batchOf({ session: 's2', firstSeq: 1, count: 7 })];
      const both = { ...fresh, sessions: [...fresh.sessions, ...again.sessions], chunks: [...fresh.chunks, ...again.chunks] };
      expect(await store.commit(both)).toMatchObject({ committed: false, refused: [{ session: 's1' }] });
      expect(await store.readChunks('demo', 's2')).toEqual([]);
      expect((await storedEvents(store)).page).toBe(5);
      expect(await store.commit(fresh)).toMatchObject({ committed: true });
    });

    test('[AK6] a frame out of order is taken, and a later one fills the gap', async () => {
      await store.openSession(sessionRecord());
      const ahead = await store.commit(batchOf({ firstSeq: 11, count: 5 }));
      expect(ahead).toEqual({ committed: true, ledgers: [{ highSeq: 15, gaps: [[1, 10]], lost: 0 }] });
      await store.commit(batchOf({ firstSeq: 1, count: 4 }));
      const filled = await store.commit(batchOf({ firstSeq: 5, count: 6 }));
      expect(filled.committed && filled.ledgers.map(ackOf)).toEqual([15]);
      expect((await store.readChunks('demo', 's1')).map(([firstSeq]) => firstSeq)).toEqual([1, 5, 11]);
    });

    test('[AK5] what the tracker gave up is lost in the stored ledger', async () => {
      await store.openSession(sessionRecord());
      await store.commit(batchOf({ firstSeq: 11, count: 5, baseSeq: 11 }));
      expect((await store.findSession('demo', 's1'))?.ledger).toEqual({ highSeq: 15, gaps: [], lost: 10 });
    });

    test('[AK7] numbers that overlap stored ones are refused', async () => {
      await store.openSession(sessionRecord());
      await store.commit(batchOf({ firstSeq: 1, count: 5 }));
      expect(await store.commit(batchOf({ firstSeq: 4, count: 5 }))).toMatchObject({
        committed: false,
        refused: [{ firstSeq: 4, reason: 'frame-overlap' }],
      });
    });

    test('[AK8] a set-aside frame is kept with its reason, its numbers are done', async () => {
      await store.openSession(sessionRecord());
      const { sessions } = batchOf({ firstSeq: 1, count: 5 });
      const setAside = [{ app: 'demo', session: 's1', firstSeq: 1, count: 5, reason: 'frame-malformed', sha256: 'ab', atMs: AT }];
      const outcome = await store.commit({ sessions, chunks: [], changes: new Uint8Array(), layouts: [], setAside });
      expect(outcome).toMatchObject({ committed: true, ledgers: [{ highSeq: 5 }] });
      expect(await store.listSetAside('demo', 10)).toEqual(setAside);
      expect(await store.listSetAside('other', 10)).toEqual([]);
    });

    test('a frame of a session that does not exist is refused', async () => {
      expect(await store.commit(batchOf({ firstSeq: 1, count: 5 }))).toEqual({
        committed: false,
        refused: [{ app: 'demo', session: 's1', firstSeq: 1, count: 5, reason: 'session-unknown' }],
      });
    });

    test('apps never see each other, even with equal session ids', async () => {
      await store.openSession(sessionRecord());
      await store.openSession(sessionRecord({ app: 'other', visitor: 'p2' }));
      await store.commit(batchOf({ firstSeq: 1, count: 5 }));
      await store.commit(batchOf({ app: 'other', firstSeq: 1, count: 3 }));
      expect((await storedEvents(store)).page).toBe(5);
      expect((await storedEvents(store, 'other')).page).toBe(3);
      expect(await store.readChunks('other', 's1')).toEqual([Uint8Array.of(1, 3)]);
      expect((await store.listSessions({ app: 'other' })).rows.map(({ visitor }) => visitor)).toEqual(['p2']);
      expect(await store.latestVisit('other', 'p1')).toBeNull();
    });

    test('[HE6] a visit and a visitor count once, however many tabs say hello', async () => {
      await Promise.all(['s1', 's2', 's3'].map((session) => store.openSession(sessionRecord({ session }))));
      await store.openSession(sessionRecord({ session: 's4', visit: 'v2', startedMs: AT + 1, lastSeenMs: AT + 1 }));
      expect(await store.readRollup('dimension', { app: 'demo', where: { dimension: 'os' } })).toMatchObject([
        { value: 'Linux', visits: 2, visitors: 1 },
      ]);
      expect(await store.latestVisit('demo', 'p1')).toMatchObject({ visit: 'v2', startedMs: AT + 1 });
    });

    test('[HE4] a session that comes back keeps its history, loses its end and joins the new visit', async () => {
      await store.openSession(sessionRecord());
      await store.commit(batchOf({ firstSeq: 1, count: 5 }));
      await store.endSession({ app: 'demo', session: 's1', endedMs: AT + 9_000, reason: 'idle' });
      expect(await store.findSession('demo', 's1')).toMatchObject({ endedMs: AT + 9_000, endReason: 'idle', lastSeenMs: AT + 9_000 });
      expect(await store.unendedSessions()).toEqual([]);
      const back = await store.openSession(sessionRecord({ visit: 'v2' }));
      expect(back).toMatchObject({ visit: 'v2', events: 5, ledger: { highSeq: 5 } });
      expect(back).not.toHaveProperty('endedMs');
      expect(back).not.toHaveProperty('endReason');
      expect(await store.findSession('demo', 's1')).toEqual(back);
      expect(await store.unendedSessions()).toEqual([back]);
    });

    test('a session ends once: a second end adds no time and changes no reason', async () => {
      await store.openSession(sessionRecord({ widthClass: 'laptop' }));
      await store.endSession({ app: 'demo', session: 's1', endedMs: AT + 700, reason: 'goodbye' });
      await store.endSession({ app: 'demo', session: 's1', endedMs: AT + 900, reason: 'idle' });
      expect(await store.findSession('demo', 's1')).toMatchObject({ endedMs: AT + 700, endReason: 'goodbye', urlSinceMs: LEFT });
      expect(await store.readRollup('page', { app: 'demo' })).toMatchObject([{ timeMs: 700, leaves: 1 }]);
    });

    test('the address named last stays, whichever batch is written last', async () => {
      await store.openSession(sessionRecord());
      const at = (firstSeq: number, url: string, atMs: number): PreparedBatch => {
        const batch = batchOf({ firstSeq, count: 1 });
        return { ...batch, sessions: batch.sessions.map((advance) => ({ ...advance, place: { url, sinceMs: atMs, atMs } })) };
      };
      await store.commit(at(2, 'https://shop.example/late', AT + 20));
      await store.commit(at(1, 'https://shop.example/early', AT + 10));
      expect(await store.findSession('demo', 's1')).toMatchObject({ url: 'https://shop.example/late', urlSinceMs: AT + 20 });
    });

    test('the latest layout of a page and width class stays', async () => {
      await store.openSession(sessionRecord());
      const layout = (atMs: number, text: string): LayoutRecord => ({
        app: 'demo',
        url: URL_A,
        widthClass: 'laptop',
        atMs,
        pageWidth: 1280,
        pageHeight: 4000,
        viewportHeight: 800,
        boxes: [{ tag: 'a', x: -1, y: 2, w: 3, h: 4, text }],
      });
      await store.commit({ ...batchOf({ firstSeq: 1, count: 1 }), layouts: [layout(AT + 5, 'new')] });
      await store.commit({ ...batchOf({ firstSeq: 2, count: 1 }), layouts: [layout(AT, 'old')] });
      expect(await store.latestLayout('demo', URL_A, 'laptop')).toEqual(layout(AT + 5, 'new'));
      expect(await store.latestLayout('demo', URL_A, 'mobile')).toBeNull();
    });

    test('a list filters, sorts, pages and counts all that match', async () => {
      for (let i = 0; i < 5; i++) {
        const url = `https://shop.example/${i === 3 ? '100%_off' : `page${i}`}`;
        await store.openSession(sessionRecord({ session: `s${i}`, startedMs: AT + i, lastSeenMs: AT + 10 - i, url, bot: i === 4 }));
      }
      const ids = async (query: object) => (await store.listSessions({ app: 'demo', ...query })).rows.map(({ session }) => session);
      expect(await ids({})).toEqual(['s3', 's2', 's1', 's0']);
      expect(await ids({ bots: true, descending: false })).toEqual(['s0', 's1', 's2', 's3', 's4']);
      expect(await ids({ sort: 'durationMs' })).toEqual(['s0', 's1', 's2', 's3']);
      expect(await ids({ fromMs: AT + 1, toMs: AT + 2 })).toEqual(['s2', 's1']);
      expect(await ids({ text: '100%_O' })).toEqual(['s3']);
      expect(await ids({ text: '%' })).toEqual(['s3']);
      expect(await ids({ text: "' OR 1=1 --" })).toEqual([]);
      expect(await ids({ device: 'mobile' })).toEqual([]);
      expect(await store.listSessions({ app: 'demo', limit: 2, offset: 1 })).toMatchObject({
        total: 4,
        rows: [{ session: 's2' }, { session: 's1' }],
      });
      await store.endSession({ app: 'demo', session: 's2', endedMs: AT + 99, reason: 'idle' });
      expect(await ids({ live: true })).toEqual(['s3', 's1', 's0']);
    });

    test('any text is kept as it is: it is data, never a query', async () => {
      const nasty = ['"; DROP TABLE page; --', '$where', 'a\u0000b', '😀\uFEFF', '__proto__'];
      for (const [i, url] of nasty.entries()) {
        await store.openSession(sessionRecord({ session: `s${i}`, url }));
        const rollups: RollupChange[] = [{ rollup: 'step', key: { app: 'demo', day: DAY, from: url, to: url }, add: { count: 1 } }];
        await store.commit(batchOf({ session: `s${i}`, firstSeq: 1, count: 1, rollups }));
      }
      const steps = await store.readRollup('step', { app: 'demo' });
      expect(steps.map(({ from }) => from).sort()).toEqual([...nasty].sort());
      const sessions = await store.listSessions({ app: 'demo' });
      expect(sessions.rows.map(({ url }) => url).sort()).toEqual([...nasty].sort());
    });

    test('a rollup is read by day and by key columns alone', async () => {
      await store.openSession(sessionRecord());
      const add = { views: 1 };
      const rollups = ['2026-01-04', DAY, '2026-01-06'].map(
        (day): RollupChange => ({ rollup: 'page', key: { app: 'demo', day, url: URL_A, widthClass: 'laptop' }, add }),
      );
      await store.commit(batchOf({ firstSeq: 1, count: 1, rollups }));
      const days = await store.readRollup('page', { app: 'demo', fromDay: DAY, toDay: DAY });
      expect(days).toEqual([
        { app: 'demo', day: DAY, url: URL_A, widthClass: 'laptop', views: 1, clicks: 0, events: 0, timeMs: 0, leaves: 0 },
      ]);
      await expect(store.readRollup('page', { app: 'demo', where: { '1=1 --': 'x' } })).rejects.toMatchObject({ code: 'query-invalid' });
    });

    test('a rollup reads the same before and after its changes are added up', async () => {
      await store.openSession(sessionRecord());
      await store.commit(batchOf({ firstSeq: 1, count: 5 }));
      const before = await storedEvents(store);
      await store.fold();
      expect(await storedEvents(store)).toEqual(before);
      await store.commit(batchOf({ firstSeq: 6, count: 2 }));
      expect((await storedEvents(store)).heat).toEqual([
        [0, 3, 7],
        [1, 0, 20],
      ]);
      expect((await store.readRollup('heat', { app: 'demo', where: { row: 1 } })).map(({ weight }) => weight)).toEqual([20]);
    });

    test('changes and the document that marks them are written together, once', async () => {
      const mark = { kind: 'rebuild', id: 'r', ifRevision: 0, value: { done: DAY } };
      const { changes } = batchOf({ firstSeq: 1, count: 5 });
      expect(await store.readDocument('rebuild', 'r')).toBeNull();
      expect(await store.applyChanges(changes, mark)).toBe(true);
      expect(await store.applyChanges(changes, mark)).toBe(false);
      expect(await store.readDocument('rebuild', 'r')).toEqual({ revision: 1, value: { done: DAY } });
      expect((await storedEvents(store)).page).toBe(5);
      expect(await store.writeDocument({ ...mark, ifRevision: 1, value: 'x' })).toBe(true);
      expect(await store.readDocument('rebuild', 'r')).toEqual({ revision: 2, value: 'x' });
    });

    test('what is taken away to nothing is no document any more', async () => {
      await store.openSession(sessionRecord());
      await store.commit(batchOf({ firstSeq: 1, count: 5 }));
      await store.fold();
      const rollups: RollupChange[] = [
        { rollup: 'page', key: { app: 'demo', day: DAY, url: URL_A, widthClass: 'laptop' }, add: { events: -5 } },
      ];
      const heat = heatOf('demo', -5).map((grid) => ({ ...grid, weights: grid.weights.map((weight) => -Math.abs(weight)) }));
      const mark = { kind: 'rebuild', id: 'r', ifRevision: 0, value: null };
      await store.applyChanges(packChanges({ rollups, heat }), mark);
      expect(await storedEvents(store)).toEqual({ page: 0, heat: [] });
      await store.fold();
      expect(await store.readRollup('page', { app: 'demo' })).toEqual([]);
      expect(await store.readRollup('heat', { app: 'demo' })).toEqual([]);
    });

    test('a day computed again from chunks, visits and ends equals the kept one, and what differs is found and mended', async () => {
      const record = await store.openSession(sessionRecord({ widthClass: 'laptop' }));
      for (const firstSeq of [1, 4]) await store.commit(frameBatch(record, firstSeq));
      await store.endSession({ app: 'demo', session: 's1', endedMs: AT + 900, reason: 'idle' });
      // One half added up, the other not yet.
      await store.fold();
      await store.openSession(sessionRecord());
      await store.commit(frameBatch(record, 7));
      await store.endSession({ app: 'demo', session: 's1', endedMs: AT + 2_900, reason: 'goodbye' });
      expect(await store.rollupDays()).toContain(DAY);
      expect(await store.compareDay(DAY)).toMatchObject({ day: DAY, chunks: 3, events: 9, differing: 0, examples: [] });
      expect((await store.compareDay('2026-01-04')).rows).toBe(0);

      const wrong: RollupChange[] = [
        { rollup: 'page', key: { app: 'demo', day: DAY, url: URL_A, widthClass: 'laptop' }, add: { views: 1, timeMs: -3 } },
      ];
      const mark = { kind: 'test', id: 'wrong', ifRevision: 0, value: null };
      await store.applyChanges(packChanges({ rollups: wrong, heat: heatOf('demo', 2) }), mark);
      await store.fold();
      const compared = await store.compareDay(DAY);
      expect(compared).toMatchObject({ differing: 3 });
      expect(compared.examples[0]).toContain('views has too many: 1, timeMs lacks 3');
      await store.applyChanges(compared.corrections, { ...mark, id: 'right' });
      expect(await store.compareDay(DAY)).toMatchObject({ differing: 0 });
    });

    test('a store that takes writes says so; one that is closed refuses', async () => {
      expect(await store.ready()).toBe(true);
      await store.close();
      expect(await store.ready()).toBe(false);
      await expect(store.openSession(sessionRecord())).rejects.toMatchObject({ code: 'store-away' });
    });
  });
  restoreContract(open);
  removalContract(open);
}
