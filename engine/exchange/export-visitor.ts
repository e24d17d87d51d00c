import { decodeFrame } from '../protocol/codec/frame.ts';
import type { SessionWalk, Store, StoredSession } from '../store/store.ts';
import type { Sink } from './sink.ts';

const VISITS_PER_PAGE = 100;
const SESSIONS_PER_PAGE = 100;

type VisitorStore = Pick<Store, 'listVisits' | 'walkSessions' | 'readSession'>;

export type VisitorOptions = {
  readonly app: string;
  readonly visitor: string;
  /** After each session. */ readonly progress: (counts: VisitorCounts) => void;
};

export type VisitorCounts = { readonly visits: number; readonly sessions: number; readonly events: number };

/**
 * Writes all that is stored of one visitor as one JSON object: visits, and sessions with every event and end. A piece at a time:
 * memory is bounded by one session.
 */
export async function exportVisitor(store: VisitorStore, sink: Sink, { app, visitor, progress }: VisitorOptions): Promise<VisitorCounts> {
  const counts = { visits: 0, sessions: 0, events: 0 };
  await sink.write(`{"app":${JSON.stringify(app)},"visitor":${JSON.stringify(visitor)},"visits":[`);
  for (;;) {
    const query = { app, visitor, descending: false, offset: counts.visits, limit: VISITS_PER_PAGE };
    const { rows } = await store.listVisits(query);
    for (const visit of rows) await sink.write(`${counts.visits++ === 0 ? '' : ','}\n${JSON.stringify(visit)}`);
    if (rows.length === 0) break;
  }
  await sink.write('\n],"sessions":[');
  let after: SessionWalk['after'];
  for (;;) {
    const page = await store.walkSessions({ app, visitor, ...(after && { after }), limit: SESSIONS_PER_PAGE });
    for (const { session } of page) {
      const stored = await store.readSession(app, session);
      if (!stored) continue;
      await sink.write(counts.sessions++ === 0 ? '\n' : ',\n');
      counts.events += await writeSession(sink, stored);
      progress(counts);
    }
    after = page.at(-1);
    if (!after) break;
  }
  await sink.write('\n]}\n');
  await sink.close();
  return counts;
}

/** @returns its events */
async function writeSession(sink: Sink, { record, endings, chunks }: StoredSession): Promise<number> {
  const head = JSON.stringify({ ...record, endings });
  // Open again: the events follow, as many at a time as a frame has.
  await sink.write(`${head.slice(0, -1)},"recorded":[`);
  let events = 0;
  for (const { bytes, receivedMs } of chunks) {
    const decoded = decodeFrame(bytes);
    if (!decoded.ok) throw new Error(`a stored chunk is no frame: ${decoded.reason}`);
    const { firstSeq, page, events: some } = decoded.value;
    const lines = some.map((event, i) => JSON.stringify({ seq: firstSeq + i, receivedMs, page, ...event }));
    await sink.write(`${events === 0 ? '' : ','}\n${lines.join(',\n')}`);
    events += some.length;
  }
  await sink.write(']}');
  return events;
}
