import { MongoError, MongoServerError, MongoSystemError } from 'mongodb';
import { DatalabError } from '../errors/errors.ts';

/** Server codes that pass: unreachable, time over, write concern not reached, no primary, stepping down, shutting down, disk full, conflict. */
const AWAY = new Set([6, 7, 24, 50, 64, 79, 89, 91, 112, 133, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, 14031]);
const AWAY_LABELS = ['RetryableWriteError', 'TransientTransactionError', 'NetworkError'];
/** Driver errors whose class is not exported or that have several. */
const AWAY_NAMES = /Network|Timeout|NotConnected|TopologyClosed|PoolCleared|PoolClosed|ConnectionClosed|ClientClosed|ExpiredSession/;
const DUPLICATE_KEY = 11_000;
const INDEX_DIFFERS = new Set([85, 86]);

/** True for what passes: the same may be answered later. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false;
  if (error instanceof MongoSystemError || AWAY_NAMES.test(error.name)) return true;
  return AWAY_LABELS.some((label) => error.hasErrorLabel(label)) || (error instanceof MongoServerError && AWAY.has(Number(error.code)));
}

/** True if another document has what is unique. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoError && error.code === DUPLICATE_KEY;
}

/** True if the collection has an index of this name or over these fields that is another. */
export function isOtherIndex(error: unknown): boolean {
  return error instanceof MongoError && INDEX_DIFFERS.has(Number(error.code));
}

/** What the driver threw, as an error of ours. */
export function refusalOf(error: unknown): DatalabError {
  if (error instanceof DatalabError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (isAway(error)) return new DatalabError('store-away', `MongoDB does not answer: ${message}.`, { cause: error });
  return new DatalabError('internal', `MongoDB refused: ${message}.`, { cause: error });
}
