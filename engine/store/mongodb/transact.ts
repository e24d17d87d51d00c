import type { ClientSession, MongoClient } from 'mongodb';
import { DatalabError } from '../../errors/errors.ts';
import { isConflict, isDuplicateKey, Overtaken } from './failures.ts';

/** How often what was read may be old: each time another node has got ahead. More, and the stored documents contradict each other. */
const OVERTAKEN_MAX = 20;

/**
 * Does `work` in a transaction that a majority acknowledges. Done anew after a conflict, and when what it read is old by the
 * time it writes (Overtaken, or a key that is there now); a commit whose answer was lost is asked for again.
 * @param timeoutMs after it no attempt is begun
 * @returns what `work` answered in the attempt that was committed
 * @throws DatalabError `store-away` at the end of that time, or what the driver throws
 */
export async function transact<T>(client: MongoClient, timeoutMs: number, work: (session: ClientSession) => Promise<T>): Promise<T> {
  const untilMs = performance.now() + timeoutMs;
  let cause: unknown;
  const attempt = async (session: ClientSession): Promise<T> => {
    if (performance.now() > untilMs) throw new DatalabError('store-away', 'MongoDB did not take a transaction in time.', { cause });
    try {
      return await work(session);
    } catch (error) {
      cause = error;
      throw error;
    }
  };
  const options = { readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' }, readPreference: 'primary' } as const;
  for (let overtaken = 0; ; overtaken++) {
    try {
      return await client.withSession((session) => session.withTransaction(attempt, options));
    } catch (error) {
      const again = error instanceof Overtaken || isDuplicateKey(error) || isConflict(error);
      if (!again || overtaken >= OVERTAKEN_MAX) throw error;
    }
  }
}
