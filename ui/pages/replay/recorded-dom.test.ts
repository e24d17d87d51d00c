/** The recorded page: packs put together and read, what is taken out of it, and when it can be shown. */
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event, PageContext } from '../../../engine/protocol/events.ts';
import { createDomReader, PACK_MAX_BYTES, spansOf } from './dom-packs.ts';
import { harmless, harmlessCss } from './harmless.ts';
import type { Moment } from './recording.ts';

const T0 = 1_767_225_600_000;
const page: PageContext = { url: 'https://a/', viewportWidth: 1280, viewportHeight: 800, pageWidth: 1280, pageHeight: 2400 };
const moment = (event: Event): Moment => ({ atMs: event.atMs, event, page });

/** By the visitor's clock, which is an hour off. */
const scroll = (ms: number) => ({ type: 3, timestamp: T0 - 3_600_000 + ms, data: { source: 3, id: 1, x: 0, y: ms } });
const snapshot = (ms: number) => ({
  type: 2,
  timestamp: T0 - 3_600_000 + ms,
  data: { node: { type: 0, id: 1, childNodes: [] }, initialOffset: { top: 0, left: 0 } },
});

function pack(events: readonly { readonly timestamp: number }[], partCount = 1): Moment[] {
  const all = new Uint8Array(deflateRawSync(JSON.stringify(events)));
  const size = Math.ceil(all.length / partCount);
  const atMs = (events[0]?.timestamp ?? 0) + 3_600_000;
  return Array.from({ length: partCount }, (_, part) => {
    const deflated = all.slice(part * size, (part + 1) * size);
    return moment({ kind: 'dompack', atMs, part, parts: partCount, deflated });
  });
}
const bytes = (deflated: Uint8Array, atMs = T0): Moment => moment({ kind: 'dompack', atMs, part: 0, parts: 1, deflated });
const times = (events: readonly { readonly timestamp: number }[]) => events.map(({ timestamp }) => timestamp - T0);

const read = (moments: readonly Moment[], mayGrow = false) => createDomReader()(moments, mayGrow);

describe('packs', () => {
  it('events are in the order of time, by the server’s clock, however they came', async () => {
    const moments = [
      ...pack([scroll(0), scroll(40)], 3),
      moment({ kind: 'dom', atMs: T0 + 20, json: JSON.stringify(scroll(20)) }),
      ...pack([scroll(10), scroll(30)]),
    ];
    const { events, unreadable } = await read(moments);
    expect([times(events), unreadable]).toEqual([[0, 10, 20, 30, 40], 0]);
  });

  it('a pack without one of its parts is counted once, and the others are read', async () => {
    const before = pack([scroll(0)]);
    const after = pack([scroll(90), scroll(91)], 2);
    const parts = pack([scroll(10), scroll(20)], 3);
    for (const missing of [0, 1, 2]) {
      const { events, unreadable } = await read([...before, ...parts.filter((_, part) => part !== missing), ...after]);
      expect([times(events), unreadable]).toEqual([[0, 90, 91], 1]);
    }
  });

  it('a pack that is not whole at the end is still coming while the session lives, and is missed after it', async () => {
    const moments = [...pack([scroll(0)]), ...pack([scroll(10), scroll(20)], 2).slice(0, 1)];
    expect(await read(moments, true)).toMatchObject({ events: [{}], unreadable: 0 });
    expect(await read(moments, false)).toMatchObject({ events: [{}], unreadable: 1 });
  });

  it('a session that grows is read on: what is known is the same as before', async () => {
    const reader = createDomReader();
    const moments = pack([scroll(0), scroll(5)], 2);
    const before = await reader(moments, true);
    const after = await reader([...moments, ...pack([scroll(10)])], true);
    expect(times(after.events)).toEqual([0, 5, 10]);
    expect(after.events[0]).toBe(before.events[0]);
    expect(after.events[1]).toBe(before.events[1]);
  });

  it('what inflates without end is left out, and no more of it is read than its bound', async () => {
    const bomb = new Uint8Array(deflateRawSync(Buffer.alloc(PACK_MAX_BYTES + 1, ' ')));
    expect(bomb.length).toBeLessThan(100_000);
    const { events, unreadable } = await read([bytes(bomb), ...pack([scroll(1)])]);
    expect([times(events), unreadable]).toEqual([[1], 1]);
  });

  it.each([
    ['no deflate', new Uint8Array([1, 2, 3])],
    ['nothing', new Uint8Array()],
    ['a cut stream', new Uint8Array(deflateRawSync('[]'.padEnd(500))).slice(0, 4)],
    ['no JSON', new Uint8Array(deflateRawSync('{'))],
    ['no list', new Uint8Array(deflateRawSync('7'))],
    ['no events', new Uint8Array(deflateRawSync('[7]'))],
    [
      'nested without end',
      new Uint8Array(
        deflateRawSync(`[{"type":2,"timestamp":1,"data":{"node":${'{"childNodes":['.repeat(50_000)}${']}'.repeat(50_000)}}}]`),
      ),
    ],
  ])('%s is counted, and the rest is read', async (_what, deflated) => {
    const { events, unreadable } = await read([bytes(deflated), ...pack([scroll(1)])]);
    expect([times(events), unreadable]).toEqual([[1], 1]);
  });

  it('any bytes and any JSON are read or counted, and nothing throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 50 }), fc.jsonValue(), fc.nat(5), fc.nat(5), async (any, json, part, parts) => {
        const given = [
          moment({ kind: 'dompack', atMs: T0, part, parts, deflated: any }),
          bytes(new Uint8Array(deflateRawSync(JSON.stringify(json)))),
          moment({ kind: 'dom', atMs: T0, json: JSON.stringify(json) }),
        ];
        expect((await read(given)).events).toEqual([]);
      }),
    );
  });
});

describe('when the recorded page can be shown', () => {
  const start = (ms: number) => moment({ kind: 'start', atMs: T0 + ms, title: '', referrer: '' });
  const configured = (ms: number, recording: number, paused = 0) =>
    moment({ kind: 'configured', atMs: T0 + ms, revision: 1, moveSampleMs: 50, recording, paused, mask: '' });
  const spans = (events: readonly { type: number; timestamp: number; data: unknown }[], moments: readonly Moment[]) =>
    spansOf(events, moments, T0 + 100).map(({ fromMs, toMs }) => [fromMs - T0, toMs - T0]);
  const at = (ms: number) => ({ ...snapshot(ms), timestamp: T0 + ms });

  it('from its first whole page on, to the end', () => {
    expect(spans([{ ...scroll(0), timestamp: T0 + 5 }, at(10), at(50)], [start(0)])).toEqual([[10, 101]]);
  });

  it('until another page is loaded, and again from that one’s whole page on', () => {
    expect(spans([at(10), at(50)], [start(0), start(40)])).toEqual([
      [10, 40],
      [50, 101],
    ]);
  });

  it('until the recording is ended or paused, not when it is confirmed', () => {
    expect(spans([at(10)], [start(0), configured(12, 1), configured(30, 0)])).toEqual([[10, 30]]);
    expect(spans([at(10)], [start(0), configured(30, 1, 1)])).toEqual([[10, 30]]);
  });

  it('never without a whole page', () => {
    expect(spans([{ ...scroll(0), timestamp: T0 }], [start(0)])).toEqual([]);
  });
});

describe('what is shown of a recording', () => {
  const shown = (tagName: string, attributes: object) => {
    const node = { type: 2, id: 2, tagName, attributes, childNodes: [] };
    const event = harmless({ ...snapshot(0), data: { node: { type: 0, id: 1, childNodes: [node] } } });
    return (event?.data as { node: { childNodes: { tagName: string; attributes: object }[] } } | undefined)?.node.childNodes[0];
  };

  it.each([
    ['img', { src: 'https://a/b.png', srcset: 'https://a/c.png 2x', alt: 'A' }, { alt: 'A' }],
    ['img', { src: 'data:image/png;base64,AA' }, { src: 'data:image/png;base64,AA' }],
    ['img', { src: 'data:text/html,x', rr_dataURL: 'https://a/' }, {}],
    ['a', { href: 'javascript:alert(1)', ping: 'https://a/', target: '_top' }, { href: '#' }],
    ['use', { href: '#part', 'xlink:href': 'https://a/b.svg#part' }, { href: '#part' }],
    ['div', { onclick: 'x', ONLOAD: 'x', class: 'c', 'data-state': 'open' }, { class: 'c', 'data-state': 'open' }],
    ['iframe', { src: 'https://a/', srcdoc: '<p>', rr_src: 'https://a/' }, {}],
    ['form', { action: 'https://a/' }, {}],
    ['link', { rel: 'stylesheet', href: 'https://a/b.css' }, {}],
    ['link', { _cssText: '@import "https://a/b.css"; a { color: red }' }, { _cssText: ' a { color: red }' }],
    ['video', { src: 'https://a/', poster: 'https://a/', autoplay: true, rr_mediaState: 'played' }, {}],
    ['button', { formaction: 'https://a/', autofocus: true }, {}],
    ['p', { style: 'background: url("https://a/b.png"); color: red' }, { style: 'background: url(""); color: red' }],
  ])('%s: %j', (tagName, attributes, kept) => {
    expect(shown(tagName, attributes)).toMatchObject({ tagName });
    expect(shown(tagName, attributes)?.attributes).toEqual(kept);
  });

  it.each(['script', 'SCRIPT', 'base', 'meta', 'object', 'embed', 'frameset', 'x y'])('no %s', (tagName) => {
    expect(shown(tagName, { src: 'x' })).toMatchObject({ tagName: 'noscript', attributes: {} });
  });

  it('attributes and styles that change are looked at as well', () => {
    const change = {
      source: 0,
      attributes: [{ id: 1, attributes: { src: 'https://a/', style: { background: ['url(https://a/)', ''] } } }],
    };
    expect(harmless({ type: 3, timestamp: 1, data: change })?.data).toMatchObject({
      attributes: [{ id: 1, attributes: { style: { background: ['url("")', ''] } } }],
    });
    const rule = { source: 8, id: 1, adds: [{ rule: 'a { background: url(https://a/) }', index: 0 }] };
    expect(JSON.stringify(harmless({ type: 3, timestamp: 1, data: rule }))).not.toContain('https');
  });

  it.each([
    ['url(https://a/b)', 'url("")'],
    ['url( "https://a/b)c" )', 'url("")'],
    ["URL('//a/b')", 'url("")'],
    ['url(#part)', 'url(#part)'],
    ['url("data:image/svg+xml,<svg/>")', 'url("data:image/svg+xml,<svg/>")'],
    ['url(data:font/woff2;base64,AA)', 'url("")'],
    ['@import url(https://a/b.css) screen; a{}', ' a{}'],
    ['image-set("https://a/b" 1x)', 'none("https://a/b" 1x)'],
    ['url(https://a/b', 'url("")'],
  ])('styles: %s', (given, kept) => {
    expect(harmlessCss(given)).toBe(kept);
  });

  it('events that draw nothing are left out', () => {
    for (const source of [1, 2, 7, 9, 10, 14, 99]) expect(harmless({ type: 3, timestamp: 1, data: { source } })).toBeUndefined();
    for (const type of [0, 1, 5, 6, 7, '2']) expect(harmless({ type, timestamp: 1, data: {} })).toBeUndefined();
  });
});
