import type { Event, EventKind, EventOf } from '../../engine/protocol/events.ts';

type FieldName<K extends EventKind = EventKind> = K extends EventKind ? keyof EventOf<K> : never;
type AnyFields = { readonly [Name in FieldName]?: unknown };

/** What an event holds, in one line: the fields that say something. */
export function wordsOf(event: Event): string {
  const { target, text, href, field, step, what, from, to, cause, name, props, id, message, title, ...rest }: AnyFields = event;
  const { x, y, reach, value, count, restMs, dwellMs, elapsedMs, engagedMs, boxes } = rest;
  // Names as texts: those of properties are shortened by the build.
  const fields: readonly (readonly [name: string, value: unknown, unit?: string])[] = [
    ['', target ?? name ?? id ?? message ?? title],
    ['', text],
    ['', href],
    ['', field],
    ['', step ?? what ?? cause],
    ['', props],
    ['from', from],
    ['to', to],
    ['x', x],
    ['y', y],
    ['reach', reach],
    ['value', value],
    ['count', count],
    ['rest', restMs, 'ms'],
    ['dwell', dwellMs, 'ms'],
    ['elapsed', elapsedMs, 'ms'],
    ['engaged', engagedMs, 'ms'],
    ['boxes', Array.isArray(boxes) ? boxes.length : undefined],
  ];
  const told = fields.filter(([, said]) => said !== undefined && said !== '');
  return told
    .map(([label, said, unit]) =>
      [label, typeof said === 'number' ? Math.round(said) : said, unit].filter((part) => part !== undefined && part !== '').join(' '),
    )
    .join(' · ');
}
