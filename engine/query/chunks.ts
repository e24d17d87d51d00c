import { Writer } from '../protocol/codec/writer.ts';
import type { Store } from '../store/store.ts';

/** A session's frames as `GET /api/sessions/:session/chunks` answers them: for each a varint length and its bytes, by first number. */
export async function sessionChunks(store: Pick<Store, 'readChunks'>, app: string, session: string): Promise<Uint8Array> {
  const out = new Writer();
  for (const chunk of await store.readChunks(app, session)) out.blob(chunk);
  return out.finish();
}
