import { decodeFrame, encodeFrame } from '../protocol/codec/frame.ts';
import type { DropReason } from '../protocol/drop-reasons.ts';
import type { Frame, PageContext } from '../protocol/events.ts';
import { ok, type Result, refuse } from '../protocol/result.ts';
import { decodeSeed } from '../protocol/seed.ts';
import type { Batch, BatchItem } from './batch.ts';

/** A decoded item, and the bytes that are kept of it. */
export type ReadItem = { readonly frame: Frame; readonly bytes: Uint8Array };

/**
 * Decodes one item. A frame whose own numbers are not those it was admitted under is malformed: the ledger was asked
 * about others.
 * @param url the address that a text event, which names no page, happened on
 */
export function readItem(batch: Batch, item: BatchItem, url: string): Result<ReadItem, DropReason> {
  const bytes = batch.bytes.subarray(item.offset, item.offset + item.length);
  if (item.form === 'text') return readText(bytes, item, pageOf(url, batch.sessions[item.session]?.screen ?? ''));
  const decoded = decodeFrame(bytes);
  if (!decoded.ok) return decoded;
  const { firstSeq, baseSeq, events } = decoded.value;
  if (firstSeq !== item.firstSeq || baseSeq !== item.baseSeq || events.length !== item.count) return refuse('frame-malformed');
  return ok({ frame: decoded.value, bytes });
}

/** A text event becomes a frame of one event. What is aggregated is decoded from what is stored, so that both always agree. */
function readText(bytes: Uint8Array, { firstSeq, baseSeq }: BatchItem, page: PageContext): Result<ReadItem, DropReason> {
  const text = textOf(bytes);
  if (text === null) return refuse('frame-malformed');
  const event = decodeSeed(text);
  if (!event.ok) return event;
  const encoded = encodeFrame({ firstSeq, baseSeq, goodbye: false, startMs: event.value.atMs, page, events: [event.value] });
  const frame = decodeFrame(encoded);
  return frame.ok ? ok({ frame: frame.value, bytes: encoded }) : frame;
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The seed format knows no viewport: the screen stands in for it; without one its events have no heat. @param screen like `1920×1080` */
function pageOf(url: string, screen: string): PageContext {
  const [width = 0, height = 0] = screen.split('×').map((side) => Number.parseInt(side, 10) || 0);
  return { url, viewportWidth: width, viewportHeight: height, pageWidth: width, pageHeight: height };
}
