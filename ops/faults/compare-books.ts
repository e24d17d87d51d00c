/** After a run: what clients sent and were acknowledged, against what a store has, event by event; and its rollups, computed again. */
import { decodeFrame } from '../../engine/protocol/codec/frame.ts';
import type { openStore } from '../../gateway/main.ts';
import type { Fleet } from './fleet.ts';

type Store = Awaited<ReturnType<typeof openStore>>;

/**
 * What must not be. `lost`: acknowledged but not stored; `unstored`: sent, and after the drain still not stored; `altered`: stored
 * otherwise than it was sent, or never sent; `stray`: a stored session that no client knows; `ledgers`: whose numbers are not its chunks';
 * `takenBack`: acknowledgements that went back.
 */
export const NOTHING_WRONG = {
  lost: 0,
  unstored: 0,
  twice: 0,
  altered: 0,
  stray: 0,
  ledgers: 0,
  changedByClient: 0,
  takenBack: 0,
  differingRollups: 0,
} as const;

/** @returns the counts, and the scoreboard in words @throws Error when nothing was acknowledged: then nothing was tested */
export async function compareBooks(
  fleet: Fleet,
  store: Store,
): Promise<{ readonly counts: Record<keyof typeof NOTHING_WRONG, number>; readonly said: string }> {
  const { bySession, twice, ledgers } = await storedEvents(store);
  const stray = [...bySession].filter(([session, events]) => events.size > 0 && !fleet.books.has(session)).length;
  let [sent, acked, stored, lost, altered] = [0, 0, 0, 0, 0];
  for (const [session, books] of fleet.books) {
    const events = bySession.get(session);
    sent += books.sent.size;
    acked += books.ackedSeq;
    for (let seq = 1; seq <= books.ackedSeq; seq++) if (!events?.has(seq)) lost++;
    for (const [seq, text] of events ?? []) {
      stored++;
      if (books.sent.get(seq) !== text) altered++;
    }
  }
  if (acked === 0) throw new Error('nothing was acknowledged: nothing was tested');
  let [rows, differingRollups] = [0, 0];
  const examples: string[] = [];
  for (const day of await store.rollupDays()) {
    const compared = await store.compareDay(day);
    rows += compared.rows;
    differingRollups += compared.differing;
    examples.push(...compared.examples);
  }
  const said =
    `${fleet.books.size} sessions; events sent ${sent}, acked ${acked}, stored ${stored}, lost ${lost}, twice ${twice}, altered ${altered}; ` +
    `given up by clients ${JSON.stringify(fleet.gaveUp)}; rollup documents ${rows}, differing ${differingRollups} ${examples.join('; ')}`;
  return {
    counts: {
      lost,
      unstored: sent - stored,
      twice,
      altered,
      stray,
      ledgers,
      changedByClient: fleet.changed,
      takenBack: fleet.takenBack,
      differingRollups,
    },
    said,
  };
}

/** Everything that is stored, event by event. */
async function storedEvents(
  store: Store,
): Promise<{ readonly bySession: Map<string, Map<number, string>>; readonly twice: number; readonly ledgers: number }> {
  const bySession = new Map<string, Map<number, string>>();
  let twice = 0;
  let ledgers = 0;
  for (let offset = 0; ; offset += 100) {
    const { rows } = await store.listSessions({ app: 'shop', bots: true, limit: 100, offset });
    if (rows.length === 0) return { bySession, twice, ledgers };
    for (const { session, ledger } of rows) {
      const events = new Map<number, string>();
      bySession.set(session, events);
      for (const bytes of await store.readChunks('shop', session)) {
        const frame = decodeFrame(bytes);
        if (!frame.ok) throw new Error(`a stored chunk of ${session} is no frame: ${frame.reason}`);
        frame.value.events.forEach((event, i) => {
          if (events.has(frame.value.firstSeq + i)) twice++;
          events.set(frame.value.firstSeq + i, JSON.stringify(event));
        });
      }
      if (ledger.highSeq !== events.size || ledger.gaps.length > 0 || ledger.lost > 0) ledgers++;
    }
  }
}
