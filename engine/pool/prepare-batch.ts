import { createHash } from 'node:crypto';
import type { Configured } from '../protocol/control.ts';
import type { DropReason } from '../protocol/drop-reasons.ts';
import { Aggregator, type FrameEffect } from '../rollup/aggregate.ts';
import { layoutsOf } from '../rollup/layouts.ts';
import { packChanges } from '../rollup/packed-changes.ts';
import { packBatch } from '../store/packed-batch.ts';
import type { LayoutRecord, SetAside } from '../store/records.ts';
import type { Chunk, PreparedBatch, SessionAdvance } from '../store/store.ts';
import type { Batch, BatchItem, ItemOutcome } from './batch.ts';
import { readItem } from './read-item.ts';
import { PHASE, type Prepared, type PreparedSession, type PrepareTask } from './task.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Advance = Omit<Writable<SessionAdvance>, 'frames'> & { frames: SessionAdvance['frames'][number][]; configured?: Configured };

/**
 * Decodes and aggregates a batch: everything that its commit will write. Pure but for `task.at`, which says how far it is.
 * @param read decodes one item
 */
export function prepareBatch(task: PrepareTask, read = readItem): Prepared {
  const { batch, part, at } = task;
  const aggregator = new Aggregator();
  const advances = new Map<number, Advance>();
  const verdicts = new Map<number, ItemOutcome>();
  const chunks: Chunk[] = [];
  const layouts: LayoutRecord[] = [];
  const setAside: SetAside[] = [];
  const seen = new Set<string>();

  for (const index of part) {
    const item = batch.items[index];
    const facts = item && batch.sessions[item.session];
    if (!item || !facts) throw new Error('a batch names an item or a session that it does not have');
    Atomics.store(at, 0, index);
    const judged = task.verdicts.get(index);
    // No such session: it has no ledger to ask for either.
    if (judged === 'session-unknown') continue;
    const advance = advances.get(item.session) ?? blankAdvance(batch, item.session);
    advances.set(item.session, advance);
    if (judged && judged !== 'worker-fault') continue;

    const { firstSeq, count, baseSeq, receivedMs } = item;
    // Socket and beacon may bring a frame twice into one batch.
    const numbers = `${item.session}:${firstSeq}:${count}`;
    if (count > 0 && seen.has(numbers)) {
      verdicts.set(index, 'duplicate');
      continue;
    }
    seen.add(numbers);
    advance.frames.push({ firstSeq, count, baseSeq });
    const result = judged ? ({ ok: false, reason: judged } as const) : read(batch, item, advance.place?.url ?? facts.url);
    if (!result.ok) {
      verdicts.set(index, result.reason);
      setAside.push(asideOf(batch, item, result.reason));
      continue;
    }
    const { frame, bytes } = result.value;
    const effect = aggregator.add(facts, frame, receivedMs);
    move(advance, effect);
    const { app, session } = facts;
    if (count > 0) chunks.push({ app, session, firstSeq, count, startMs: effect.startMs, endMs: effect.endMs, receivedMs, bytes });
    layouts.push(...layoutsOf(app, frame, effect, receivedMs));
  }

  Atomics.store(at, 0, PHASE.ending);
  const changes = aggregator.finish();
  const sessions = [...advances.values()];
  const prepared: PreparedBatch = { sessions, chunks, changes: packChanges(changes), layouts, setAside };
  const urls = new Set(changes.rollups.flatMap((change) => (change.rollup === 'page' ? [change.key.url] : [])));
  return { packed: packBatch(prepared), sessions: sessions.map(summaryOf), verdicts, urls: [...urls] };
}

function blankAdvance(batch: Batch, session: number): Advance {
  const facts = batch.sessions[session];
  if (!facts) throw new Error('a batch names a session that it does not have');
  return { app: facts.app, session: facts.session, visit: facts.visit, frames: [], views: 0, clicks: 0, events: 0, lastSeenMs: 0 };
}

function move(advance: Advance, effect: FrameEffect): void {
  advance.views += effect.views;
  advance.clicks += effect.clicks;
  advance.events += effect.events;
  advance.lastSeenMs = Math.max(advance.lastSeenMs, effect.endMs);
  if (effect.place && effect.place.atMs >= (advance.place?.atMs ?? 0)) advance.place = effect.place;
  if (effect.configured) advance.configured = effect.configured;
  if (effect.widthClass) advance.widthClass = effect.widthClass;
}

function asideOf(batch: Batch, item: BatchItem, reason: DropReason | ItemOutcome): SetAside {
  const { app = '', session = '' } = batch.sessions[item.session] ?? {};
  const bytes = batch.bytes.subarray(item.offset, item.offset + item.length);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { app, session, firstSeq: item.firstSeq, count: item.count, reason, sha256, atMs: item.receivedMs };
}

function summaryOf({ session, views, clicks, events, place, lastSeenMs, configured }: Advance): PreparedSession {
  return { session, views, clicks, events, ...(place && { url: place.url }), lastSeenMs, ...(configured && { configured }) };
}
