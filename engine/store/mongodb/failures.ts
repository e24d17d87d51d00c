import { MongoError, MongoParseError, MongoServerError, MongoSystemError } from 'mongodb';
import { DatalabError } from '../../errors/errors.ts';

/** Server codes that pass: no primary, stepping down, shutting down, time over, write concern not reached, disk full, conflict. */
const AWAY = new Set([
  6, 7, 24, 50, 64, 79, 89, 91, 112, 133, 134, 189, 246, 251, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436, 14031,
]);
const DUPLICATE_KEY = 11_000;
const WRITE_CONFLICT = 112;
const AWAY_LABELS = ['TransientTransactionError', 'UnknownTransactionCommitResult', 'RetryableWriteError', 'NetworkError'];
/** Driver errors whose class is not exported or that have several. */
const AWAY_NAMES =
  /Network|Timeout|ServerSelection|NotConnected|TopologyClosed|PoolCleared|PoolClosed|ConnectionClosed|ClientClosed|ExpiredSession/;

/** Another node moved a document between this transaction's read and its write: read again. */
export class Overtaken extends Error {
  override name = 'Overtaken';
}

/** True for what passes: the same write may be taken later. */
export function isAway(error: unknown): boolean {
  if (error instanceof DatalabError) return error.code === 'store-away';
  if (!(error instanceof MongoError)) return false;
  if (error instanceof MongoSystemError || AWAY_NAMES.test(error.name)) return true;
  if (AWAY_LABELS.some((label) => error.hasErrorLabel(label))) return true;
  return error instanceof MongoServerError && AWAY.has(Number(error.code));
}

/** True if a document of this key was written meanwhile. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoError && error.code === DUPLICATE_KEY;
}

/** True if another transaction was faster. Told of one write of many, it lacks the label by which the driver would begin anew. */
export function isConflict(error: unknown): boolean {
  return error instanceof MongoError && error.code === WRITE_CONFLICT;
}

/** What the driver threw, as an error of ours. A write that the server refuses for itself is `internal`: it would be refused again. */
export function refusalOf(error: unknown): DatalabError {
  if (error instanceof DatalabError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (isAway(error)) return new DatalabError('store-away', `MongoDB does not answer: ${message}.`, { cause: error });
  return new DatalabError('internal', `MongoDB refused: ${message}.`, { cause: error });
}

/** What opening threw, as an error of ours that names the remedy. The address may hold a password and is not repeated. */
export function openRefusalOf(error: unknown): DatalabError {
  if (error instanceof DatalabError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (isAway(error)) {
    return new DatalabError(
      'store-away',
      `MongoDB does not answer: ${message}. Is it running at that address? A member started with --replSet answers only after rs.initiate().`,
      { cause: error },
    );
  }
  const what = error instanceof MongoParseError ? 'The address of MongoDB is not one' : 'MongoDB cannot be used';
  return new DatalabError('setting-invalid', `${what}: ${message}.`, { cause: error });
}
