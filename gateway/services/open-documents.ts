import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Documents } from '../../engine/documents/documents.ts';
import { openMongoDocuments } from '../../engine/documents/mongo-documents.ts';
import { openSqliteDocuments } from '../../engine/documents/sqlite-documents.ts';
import { DatalabError } from '../../engine/errors/errors.ts';
import type { Settings } from '../settings.ts';
import { SERVICES, type ServiceName } from './services.ts';

/**
 * Opens a service's own database: where its setting says, else a database of its name on the store's MongoDB, else a file of its name.
 * @throws DatalabError when it cannot be had
 */
export async function openDocuments(settings: Settings, name: ServiceName): Promise<Documents> {
  const { database } = SERVICES[name];
  const own = settings[`${name}storageUri`];
  const uri = own || settings.mongodbUri;
  // The common address names the store's database; its own, if it names one, names this one.
  const [, named = database] = /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]+)/.exec(own) ?? [];
  if (uri !== '') return openMongoDocuments({ uri, database: named, timeoutMs: settings.mongodbTimeoutMs });
  try {
    mkdirSync(settings.dataDir, { recursive: true });
  } catch (error) {
    const { message } = error as Error;
    throw new DatalabError('data-unwritable', `The data folder ${settings.dataDir} (DATALAB_DATA_DIR) cannot be written: ${message}.`, {
      cause: error,
    });
  }
  return openSqliteDocuments({ file: join(settings.dataDir, `${database}.sqlite`) });
}
