import fc from 'fast-check';
import { EVENTS, type Event, type EventKind, type FieldType, type Frame } from '../events.ts';
import { COORDINATE_MAX_PX } from '../limits.ts';

const px = fc.integer({ min: -COORDINATE_MAX_PX, max: COORDINATE_MAX_PX });
const size = fc.integer({ min: 0, max: COORDINATE_MAX_PX });
/** Valid UTF-16 only: what else there is becomes U+FFFD on the wire, and has tests of its own. */
const text = fc.oneof(fc.constantFrom('', '#buy', 'https://shop.example/basket'), fc.string({ unit: 'binary', maxLength: 40 }));

const FIELD = {
  uint: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.maxSafeNat()),
  x: px,
  y: px,
  text,
  blob: fc.string({ unit: 'binary', maxLength: 200 }),
  bytes: fc.uint8Array({ maxLength: 200 }),
  boxes: fc.array(fc.record({ tag: text, x: px, y: px, w: size, h: size, text }), { maxLength: 5 }),
} satisfies Record<FieldType, fc.Arbitrary<unknown>>;

/** Any event that the wire can carry, its time near `aroundMs`. */
export function anyEvent(aroundMs: number): fc.Arbitrary<Event> {
  const atMs = fc.integer({ min: aroundMs - 40_000_000, max: aroundMs + 40_000_000 });
  const kinds = Object.keys(EVENTS) as EventKind[];
  return fc.oneof(
    ...kinds.map((kind) => {
      const fields = Object.entries<FieldType>(EVENTS[kind].fields).map(([name, type]) => [name, FIELD[type]] as const);
      return fc.record({ kind: fc.constant(kind), atMs, ...Object.fromEntries(fields) }) as unknown as fc.Arbitrary<Event>;
    }),
  );
}

/** Any frame within the limits of the wire. */
export function anyFrame(aroundMs = 1_767_225_600_000): fc.Arbitrary<Frame> {
  return fc.record({
    firstSeq: fc.integer({ min: 1, max: 1_000_000 }),
    baseSeq: fc.constant(1),
    goodbye: fc.boolean(),
    startMs: fc.constant(aroundMs),
    page: fc.record({ url: text, viewportWidth: size, viewportHeight: size, pageWidth: size, pageHeight: size }),
    events: fc.array(anyEvent(aroundMs), { maxLength: 30 }),
  });
}
