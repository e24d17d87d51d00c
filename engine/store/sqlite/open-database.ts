import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DatalabError } from '../../errors/errors.ts';
import { migrate } from './schema.ts';

/** Name of the file in the data folder. SQLite keeps `-wal` and `-shm` beside it while it is open. */
export const DATABASE_FILE = 'datalab.sqlite';

/** How long a statement waits for another program that holds the file, such as an analyst's client. */
const BUSY_WAIT_MS = 5_000;

/**
 * Opens the file for the one writer; makes folder and file when there are none.
 * WAL, so that readers never wait for it; synchronous FULL, so that a commit that returned survives a power cut; secure_delete,
 * so that what is deleted is overwritten.
 * @throws DatalabError `data-unwritable` or `store-newer`
 */
export function openForWriting(dataDir: string): DatabaseSync {
  const file = join(dataDir, DATABASE_FILE);
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dataDir, { recursive: true });
    db = new DatabaseSync(file, { timeout: BUSY_WAIT_MS });
    db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA cache_size = -32768;',
    );
    // Makes a file that cannot be written fail here and not at the first visitor.
    db.exec('BEGIN IMMEDIATE; COMMIT;');
    migrate(db, file);
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof DatalabError) throw error;
    throw new DatalabError('data-unwritable', `The data folder ${dataDir} cannot be used: ${(error as Error).message}.`, { cause: error });
  }
}

/** Opens the file for questions only. The writer must have opened it before. */
export function openForReading(dataDir: string): DatabaseSync {
  return new DatabaseSync(join(dataDir, DATABASE_FILE), { readOnly: true, timeout: BUSY_WAIT_MS });
}
