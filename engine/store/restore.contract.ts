/** What every store adapter must keep when sessions are read as a whole and put back. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Contribution } from '../rollup/contribution.ts';
import { AT, DAY, frameBatch, sessionAt, sessionRecord, storedRollups, storeSession, URL_A } from './fixtures/records.ts';
import type { SessionWalk, Store, StoredSession } from './store.ts';

/** The rollup changes of a session's chunks, as an import computes them. */
function changesOf({ record, chunks }: StoredSession): Uint8Array {
  const counted = new Contribution();
  for (const { bytes, receivedMs } of chunks) counted.addChunk(record, bytes, receivedMs);
  return counted.added();
}

async function readWhole(store: Store, session: string): Promise<StoredSession> {
  const stored = await store.readSession('demo', session);
  if (!stored) throw new Error(`${session} is not stored`);
  return stored;
}

/** @param open a store over nothing yet; called anew for each test */
export function restoreContract(open: () => Promise<Store>): void {
  describe('sessions as a whole', () => {
    let store: Store;
    let other: Store;
    beforeEach(async () => {
      [store, other] = await Promise.all([open(), open()]);
    });
    afterEach(() => Promise.all([store.close(), other.close()]));

    test('a list of visits filters, sorts, pages and counts all that match', async () => {
      for (let i = 0; i < 5; i++) {
        const visitor = i === 3 ? 'p2' : 'p1';
        await store.openSession(sessionAt(AT + i, { session: `s${i}`, visit: `v${i}`, visitor }));
      }
      await store.openSession(sessionRecord({ app: 'other' }));
      // The first goes on for longest.
      await store.openSession(sessionAt(AT, { session: 's9', visit: 'v0', lastSeenMs: AT + 100 }));
      const visits = async (query: object) => (await store.listVisits({ app: 'demo', ...query })).rows.map(({ visit }) => visit);
      expect(await visits({})).toEqual(['v4', 'v3', 'v2', 'v1', 'v0']);
      expect(await visits({ descending: false, visitor: 'p1' })).toEqual(['v0', 'v1', 'v2', 'v4']);
      expect(await visits({ sort: 'lastSeenMs' })).toEqual(['v0', 'v4', 'v3', 'v2', 'v1']);
      expect(await visits({ fromMs: AT + 1, toMs: AT + 2 })).toEqual(['v2', 'v1']);
      expect(await visits({ visitor: "' OR 1=1 --" })).toEqual([]);
      expect(await store.listVisits({ app: 'demo', limit: 2, offset: 3 })).toEqual({
        total: 5,
        rows: [
          { app: 'demo', visit: 'v1', visitor: 'p1', startedMs: AT + 1, lastSeenMs: AT + 1, session: 's1', newVisitor: false },
          { app: 'demo', visit: 'v0', visitor: 'p1', startedMs: AT, lastSeenMs: AT + 100, session: 's0', newVisitor: true },
        ],
      });
    });

    test('a walk passes every session once, in order, also those that began at the same moment', async () => {
      for (const [i, session] of ['s3', 's1', 's5', 's2', 's4', 's6'].entries()) {
        await store.openSession(
          sessionAt(i < 4 ? AT + 1 : AT, { session, visitor: session === 's5' ? 'p2' : 'p1', visit: `v-${session}` }),
        );
      }
      await store.openSession(sessionRecord({ app: 'other' }));
      const walk = async (query: Omit<SessionWalk, 'app' | 'limit'> = {}): Promise<string[]> => {
        const [one, two] = await store.walkSessions({ app: 'demo', limit: 2, ...query });
        const names = [one, two].flatMap((record) => record?.session ?? []);
        const last = two ?? one;
        return last ? [...names, ...(await walk({ ...query, after: last }))] : names;
      };
      expect(await walk()).toEqual(['s4', 's6', 's1', 's2', 's3', 's5']);
      expect(await walk({ visitor: 'p1' })).toEqual(['s4', 's6', 's1', 's2', 's3']);
      expect(await walk({ fromMs: AT + 1, toMs: AT + 1 })).toEqual(['s1', 's2', 's3', 's5']);
      expect(await walk({ toMs: AT })).toEqual(['s4', 's6']);
    });

    test('a session is read whole: its record, every end, the visits that it began, its frames in order', async () => {
      const record = await store.openSession(sessionRecord());
      await store.openSession(sessionRecord({ session: 's2' }));
      await store.commit(frameBatch(record, 4));
      await store.endSession({ app: 'demo', session: 's1', endedMs: AT + 900, reason: 'idle' });
      await store.openSession(sessionRecord({ visit: 'v2', lastSeenMs: AT + 1_000 }));
      await store.commit(frameBatch({ ...record, visit: 'v2' }, 1));
      await store.endSession({ app: 'demo', session: 's1', endedMs: AT + 2_000, reason: 'goodbye' });
      const stored = await readWhole(store, 's1');
      expect(stored.record).toEqual(await store.findSession('demo', 's1'));
      expect(stored.endings).toMatchObject([
        { endedMs: AT + 900, reason: 'idle', widthClass: 'laptop' },
        { endedMs: AT + 2_000, reason: 'goodbye' },
      ]);
      expect(stored.visits).toMatchObject([
        { visit: 'v1', session: 's1', newVisitor: true },
        { visit: 'v2', session: 's1', newVisitor: false },
      ]);
      const sent = [frameBatch(record, 1), frameBatch(record, 4)].flatMap(({ chunks }) => chunks);
      expect(stored.chunks).toEqual(sent);
      expect((await readWhole(store, 's2')).visits).toEqual([]);
      expect(await store.readSession('demo', 'unknown')).toBeNull();
      expect(await store.readSession('other', 's1')).toBeNull();
    });

    test('a session put back is as it was, counts what it counted, and goes on', async () => {
      await storeSession(store, sessionRecord(), { frames: 3 });
      await store.openSession(sessionRecord({ visit: 'v2', lastSeenMs: AT + 9_000 }));
      await store.endSession({ app: 'demo', session: 's1', endedMs: AT + 9_900, reason: 'goodbye' });
      const stored = await readWhole(store, 's1');
      expect(await other.restoreSession(stored, changesOf(stored))).toBe(true);
      expect(await other.readSession('demo', 's1')).toEqual(stored);
      expect(await storedRollups(other)).toEqual(await storedRollups(store));
      expect(await other.compareDay(DAY)).toMatchObject({ chunks: 3, events: 9, differing: 0 });
      expect(await other.commit(frameBatch(stored.record, 7))).toMatchObject({
        committed: false,
        refused: [{ reason: 'frame-duplicate' }],
      });
      expect(await other.commit(frameBatch(stored.record, 10))).toMatchObject({ committed: true, ledgers: [{ highSeq: 12 }] });
      expect(await other.compareDay(DAY)).toMatchObject({ chunks: 4, differing: 0 });
    });

    test('a session brings the layouts of its pages; what is there and later stays', async () => {
      const layout = { app: 'demo', url: URL_A, widthClass: 'laptop', pageWidth: 1280, pageHeight: 4000, viewportHeight: 800 } as const;
      const looked = (atMs: number) => ({ ...layout, atMs, boxes: [{ tag: 'main', x: 0, y: 0, w: 1280, h: atMs - AT, text: '' }] });
      await storeSession(store, sessionRecord());
      await storeSession(store, sessionRecord({ session: 's2' }));
      for (const [session, layouts, latest] of [
        ['s1', [looked(AT + 5), looked(AT + 9)], AT + 9],
        ['s2', [looked(AT + 7)], AT + 9],
      ] as const) {
        const stored = await readWhole(store, session);
        expect(await other.restoreSession(stored, changesOf(stored), layouts)).toBe(true);
        expect(await other.latestLayout('demo', URL_A, 'laptop')).toEqual(looked(latest));
      }
    });

    test('a session that is there is not put back again: nothing changes', async () => {
      await storeSession(store, sessionRecord());
      const stored = await readWhole(store, 's1');
      await other.restoreSession(stored, changesOf(stored));
      const before = [await other.readSession('demo', 's1'), await storedRollups(other)];
      expect(await other.restoreSession(stored, changesOf(stored))).toBe(false);
      // Nor in part.
      const more = { ...stored, visits: stored.visits.map((visit) => ({ ...visit, visit: 'v9' })) };
      expect(await other.restoreSession(more, changesOf(stored))).toBe(false);
      expect([await other.readSession('demo', 's1'), await storedRollups(other)]).toEqual(before);
      expect(await other.listVisits({ app: 'demo' })).toMatchObject({ total: 1 });
    });

    test('[HE6] a visit that is there stays, and a visitor who was here before is not counted as new', async () => {
      await storeSession(store, sessionRecord());
      await storeSession(store, sessionAt(AT + 60_000, { session: 's2', visit: 'v2' }));
      await storeSession(other, sessionAt(AT + 90_000, { session: 's3', visit: 'v2' }));
      const there = await other.latestVisit('demo', 'p1');
      for (const session of ['s1', 's2']) {
        const stored = await readWhole(store, session);
        expect(await other.restoreSession(stored, changesOf(stored))).toBe(true);
      }
      const { rows } = await other.listVisits({ app: 'demo', descending: false });
      expect(rows).toEqual([{ ...(await store.listVisits({ app: 'demo', descending: false })).rows[0], newVisitor: false }, there]);
      const [os] = await other.readRollup('dimension', { app: 'demo', where: { dimension: 'os' } });
      expect(os).toMatchObject({ visits: 2, visitors: 1 });
      expect(await other.compareDay(DAY)).toMatchObject({ chunks: 6, differing: 0 });
    });
  });
}
