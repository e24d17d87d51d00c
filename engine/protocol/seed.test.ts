import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COORDINATE_MAX_PX, FRAME_MAX_BYTES, SEED_MAX_DEPTH, TEXT_MAX_BYTES } from './limits.ts';
import { decodeSeed, isSeedGoodbye, SEED_TYPES } from './seed.ts';

const AT = 1_767_225_600_000;
const decode = (message: unknown) => decodeSeed(JSON.stringify(message));

test.each([
  [
    'MOUSECLICK',
    { x: 10.4, y: 20, target: '#buy', button: 2 },
    { kind: 'click', x: 10, y: 20, target: '#buy', button: 2, hesitationMs: 0 },
  ],
  ['URLCHANGE', { from: '/a', to: '/b', elapsed: 1_200 }, { kind: 'urlchange', from: '/a', to: '/b', elapsedMs: 1_200 }],
  ['MOUSEHOVER', { target: '#buy', elapsed: 800 }, { kind: 'hover', target: '#buy', dwellMs: 800, x: 0, y: 0 }],
  ['MOUSEMOVE', { x: 1, y: 2, elapsed: 50 }, { kind: 'move', x: 1, y: 2, restMs: 50 }],
  ['SESSION_RECORD', { any: ['thing'] }, { kind: 'dom', json: '{"any":["thing"]}' }],
])('[TX1] %s is taken', (type, event, expected) => {
  expect(decode({ type, timestamp: AT, event })).toMatchObject({ ok: true, value: { ...expected, atMs: AT } });
});

test('[TX1] the time is epoch milliseconds or ISO 8601', () => {
  const event = { x: 1, y: 2 };
  expect(decode({ type: 'MOUSEMOVE', timestamp: '2026-01-01T00:00:00.000Z', event })).toMatchObject({ ok: true, value: { atMs: AT } });
  for (const timestamp of [undefined, null, 'yesterday', '5', '2026-01-01', '2026-01-01T00:00:00', -1, 1e300, {}]) {
    expect(decode({ type: 'MOUSEMOVE', timestamp, event })).toEqual({ ok: false, reason: 'event-malformed' });
  }
});

test('[TX2] types that are not the seed’s are refused as unknown', () => {
  for (const type of ['xstate.stop', 'click', 'mousemove', '__proto__', 'constructor', '', 7, null, ['MOUSEMOVE']]) {
    expect(decode({ type, timestamp: AT, event: { x: 1, y: 2 } })).toEqual({ ok: false, reason: 'event-unknown' });
  }
});

test('[TX2] shapes that are not theirs are refused as malformed; nothing is guessed', () => {
  const malformed: readonly unknown[] = [
    {},
    { x: '1', y: 2 },
    { x: 1 },
    { x: 1, y: null },
    { x: COORDINATE_MAX_PX + 1, y: 0 },
    { x: 1, y: 2, elapsed: -1 },
    [],
    null,
    'x',
  ];
  for (const event of malformed)
    expect(decode({ type: 'MOUSEMOVE', timestamp: AT, event })).toEqual({ ok: false, reason: 'event-malformed' });
  const target = 'x'.repeat(TEXT_MAX_BYTES + 1);
  expect(decode({ type: 'MOUSECLICK', timestamp: AT, event: { x: 1, y: 2, target } })).toEqual({ ok: false, reason: 'event-malformed' });
  for (const message of [null, [], 7, 'text']) expect(decode(message)).toEqual({ ok: false, reason: 'event-malformed' });
  expect(decodeSeed('{"type":')).toEqual({ ok: false, reason: 'frame-malformed' });
});

test('[TX2] keys like __proto__ are data: they lend an event no field and change no object', () => {
  const inherited = '{"type":"MOUSEMOVE","timestamp":1,"event":{"__proto__":{"x":1,"y":2}}}';
  expect(decodeSeed(inherited)).toEqual({ ok: false, reason: 'event-malformed' });
  const record = decodeSeed('{"type":"SESSION_RECORD","timestamp":1,"event":{"__proto__":{"polluted":true},"constructor":1}}');
  expect(record).toMatchObject({ ok: true, value: { json: '{"__proto__":{"polluted":true},"constructor":1}' } });
  expect({}).not.toHaveProperty('polluted');
});

test('[TX3] a goodbye is told from every other text without reading it', () => {
  expect(isSeedGoodbye('{"type":"GOODBYE"}')).toBe(true);
  expect(isSeedGoodbye(' { "type" : "GOODBYE" } ')).toBe(true);
  expect(isSeedGoodbye('{"type":"GOODBYE","event":{}}')).toBe(false);
  expect(isSeedGoodbye('"GOODBYE"')).toBe(false);
  expect(isSeedGoodbye(`{"type":"GOODBYE"}${' '.repeat(100)}`)).toBe(false);
});

test('[TX4] text of any content gives an event or a drop reason', () => {
  const message = fc.record({ type: fc.constantFrom(...SEED_TYPES, 'OTHER'), timestamp: fc.jsonValue(), event: fc.jsonValue() });
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    message.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(text, (any) => {
      expect(decodeSeed(any).ok).toBeTypeOf('boolean');
    }),
    { numRuns: 1_000 },
  );
});

test('[TX4] what is too long is refused before it is read', () => {
  const record = (length: number) => {
    const text = (json: string) => `{"type":"SESSION_RECORD","timestamp":1,"event":{"a":"${json}"}}`;
    return text('x'.repeat(length - text('').length));
  };
  expect(decodeSeed(record(FRAME_MAX_BYTES)).ok).toBe(true);
  expect(decodeSeed(record(FRAME_MAX_BYTES + 1))).toEqual({ ok: false, reason: 'message-too-big' });
  expect(decodeSeed(record(1_000_000))).toEqual({ ok: false, reason: 'message-too-big' });
});

test('[TX4] what is nested too deep is refused; brackets in strings are no nesting', () => {
  const nested = (depth: number, [open, close]: readonly [string, string]) =>
    `{"type":"SESSION_RECORD","timestamp":1,"event":${open.repeat(depth - 1)}{}${close.repeat(depth - 1)}}`;
  const objects = ['{"a":', '}'] as const;
  expect(decodeSeed(nested(SEED_MAX_DEPTH - 1, objects)).ok).toBe(true);
  expect(decodeSeed(nested(SEED_MAX_DEPTH, objects))).toEqual({ ok: false, reason: 'event-malformed' });
  expect(decodeSeed(nested(10_000, objects))).toEqual({ ok: false, reason: 'event-malformed' });
  expect(decodeSeed(nested(10_000, ['[', ']']))).toEqual({ ok: false, reason: 'event-malformed' });
  expect(decodeSeed('['.repeat(60_000))).toEqual({ ok: false, reason: 'event-malformed' });
  const quoted = { a: '[{'.repeat(5_000), b: '\\"[['.repeat(5_000) };
  expect(decode({ type: 'SESSION_RECORD', timestamp: 1, event: quoted }).ok).toBe(true);
});

test('[TX4] numbers that are none are refused, lone surrogates are text, thousands of keys are a record', () => {
  const message = (x: string) => `{"type":"MOUSEMOVE","timestamp":1,"event":{"x":${x},"y":2}}`;
  expect(decodeSeed(message('NaN'))).toEqual({ ok: false, reason: 'frame-malformed' });
  expect(decodeSeed(message('1e999'))).toEqual({ ok: false, reason: 'event-malformed' });
  expect(decodeSeed('{"type":"MOUSEMOVE","timestamp":1e999,"event":{"x":1,"y":2}}')).toEqual({ ok: false, reason: 'event-malformed' });
  const surrogate = decodeSeed('{"type":"MOUSEHOVER","timestamp":1,"event":{"target":"\\ud83d","elapsed":1}}');
  expect(surrogate).toMatchObject({ ok: true, value: { target: '\ud83d' } });
  const wide = Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`key${i}`, i]));
  expect(decode({ type: 'SESSION_RECORD', timestamp: 1, event: wide })).toMatchObject({ ok: true, value: { kind: 'dom' } });
});
