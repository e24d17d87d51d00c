import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyFrame } from '../protocol/codec/frame.arbitrary.ts';
import { encodeFrame } from '../protocol/codec/frame.ts';
import { EVENTS, type Frame } from '../protocol/events.ts';
import { FRAME_MAX_BYTES } from '../protocol/limits.ts';
import { checkRow } from './check-row.ts';
import { frameOfRows, rowsOfChunk } from './frame-rows.ts';
import type { RowOf } from './tables.ts';

const OWNER = { app: 'demo', session: 's1', visitor: 'p1', visit: 'v1' };
const RECEIVED = 1_767_225_700_000;
const rowsOf = (bytes: Uint8Array) => rowsOfChunk(OWNER, { bytes, receivedMs: RECEIVED });

const stored = fc
  .tuple(anyFrame(), fc.nat())
  .map(([frame, n]): Frame => ({ ...frame, baseSeq: 1 + (n % frame.firstSeq) }))
  .map((frame) => ({ frame, bytes: encodeFrame(frame) }))
  .filter(({ frame, bytes }) => frame.events.length > 0 && bytes.length <= FRAME_MAX_BYTES);

it('a frame’s rows fit their table and give the same bytes again, whatever its events', () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(stored, ({ frame, bytes }) => {
      const rows = rowsOf(bytes);
      for (const [i, row] of rows.entries()) {
        expect(checkRow('events', row)).toEqual({ row });
        expect(row).toMatchObject({ ...OWNER, seq: frame.firstSeq + i, frame: frame.firstSeq, receivedMs: RECEIVED });
        expect(row).not.toHaveProperty('frameBytes');
        kinds.add(row.kind);
      }
      const { url } = frame.page;
      expect(rows.map(({ url, kind, atMs }) => ({ url, kind, atMs }))).toEqual(frame.events.map(({ kind, atMs }) => ({ url, kind, atMs })));
      expect(frameOfRows(rows)).toEqual({ frame, bytes });
    }),
    { numRuns: 300 },
  );
  expect([...kinds].sort()).toEqual(Object.keys(EVENTS).sort());
});

it('bytes that our encoder would have written otherwise travel along', () => {
  // A number in one byte more than it takes.
  const bytes = Uint8Array.of(1, 0, 0x81, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 1, 97);
  const rows = rowsOf(bytes);
  expect(rows.length).toBe(1);
  expect(rows[0]?.frameBytes).toBe(base64(bytes));
  expect(frameOfRows(rows)).toMatchObject({ bytes, frame: { firstSeq: 1, events: [{ kind: 'identify', id: 'a' }] } });
});

const page = { url: 'u', viewportWidth: 1, viewportHeight: 1, pageWidth: 1, pageHeight: 1 };
const [A, B, C] = rowsOf(
  encodeFrame({
    firstSeq: 7,
    baseSeq: 1,
    goodbye: false,
    startMs: 5,
    page,
    events: [
      { kind: 'move', atMs: 5, x: 1, y: 2, restMs: 3 },
      { kind: 'layout', atMs: 6, boxes: [{ tag: 'p', x: 0, y: 0, w: 1, h: 1, text: '' }] },
      { kind: 'identify', atMs: 7, id: 'a' },
    ],
  }),
) as [RowOf<'events'>, RowOf<'events'>, RowOf<'events'>];
const { x: _x, ...WITHOUT_X } = A;
const OTHER = encodeFrame({ firstSeq: 8, baseSeq: 1, goodbye: false, startMs: 0, page, events: [] });
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

it.each<[string, RowOf<'events'>[]]>([
  ['it has no event', []],
  ['event 7 is missing', [B, C]],
  ['event 8 is missing', [A, C]],
  ['event 7: x is missing or of another type', [WITHOUT_X, B, C]],
  ['event 7: restMs is missing or of another type', [{ ...A, data: '{"restMs":-1}' }, B, C]],
  ['event 7: restMs is missing or of another type', [{ ...A, data: '{"__proto__":{"restMs":1}}' }, B, C]],
  ['event 7: data is no JSON object', [{ ...A, data: 'restMs' }, B, C]],
  ['event 7: data is no JSON object', [{ ...A, data: 'null' }, B, C]],
  ['event 8: boxes is missing or of another type', [A, { ...B, data: '{"boxes":[{"tag":"p"}]}' }, C]],
  ['event 8: boxes is missing or of another type', [A, { ...B, data: '{"boxes":[null]}' }, C]],
  ['frame-malformed', [{ ...A, frameBytes: 'AQ==' }, B, C]],
  ['message-too-big', [{ ...A, frameBytes: base64(new Uint8Array(FRAME_MAX_BYTES + 1)) }, B, C]],
  ['frameBytes are of another frame', [{ ...A, frameBytes: base64(OTHER) }, B, C]],
])('rows that are no frame are refused in words: %s', (wrong, rows) => {
  expect(frameOfRows(rows)).toEqual({ wrong });
});
