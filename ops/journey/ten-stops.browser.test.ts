/**
 * One mouse move from a real browser to an analyst's picture, asserted at each of its ten stops. README's table and this test
 * name the same files.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Heatmap, SessionDetail, SessionList } from '../../engine/protocol/api.ts';
import { decodeFrame, encodeFrame, readHeader } from '../../engine/protocol/codec/frame.ts';
import { Reader } from '../../engine/protocol/codec/reader.ts';
import type { EventOf, Frame } from '../../engine/protocol/events.ts';
import { signInBrowser } from '../../gateway/access/fixture/sign-in.ts';
import { readSettings } from '../../gateway/settings.ts';
import { CHROMIUM_FLAGS } from '../browser/ensure-chromium.ts';
import { DEMO_APP, type Demo, startDemo } from '../demo/start-demo.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The ten stops and the file in which each is made. */
const STOPS = [
  'tracker/capture/move.ts',
  'tracker/transport/outbox.ts',
  'engine/protocol/codec/frame.ts',
  'gateway/socket/tracker-socket.ts',
  'actors/session/session.ts',
  'engine/pool/pool.ts',
  'engine/rollup/aggregate.ts',
  'engine/store/sqlite/sqlite-store.ts',
  'engine/query/heatmap.ts',
  'ui/pages/heatmaps/heat-view.tsx',
];

const chromiumPath = inject('chromium');
const TO = { x: 640, y: 300 };
const VIEWPORT = { width: 1280, height: 800 };

describe.skipIf(chromiumPath === '')('the way of one mouse move', () => {
  let dataDir: string;
  let demo: Demo;
  let browser: Browser;
  let visitor: Page;
  let operator: Page;
  /** Of whoever works at the operator's desk. */
  let cookie: string;
  /** What the tracker sent, and acks that are held back until the test lets them go. */
  const sent: Uint8Array[] = [];
  const heldBack: (() => void)[] = [];
  let holdAcks = true;

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'datalab-stops-'));
    demo = await startDemo(
      readSettings({
        DATALAB_PORT: '0',
        DATALAB_DEMO_PORT: '0',
        DATALAB_DATA_DIR: dataDir,
        DATALAB_GRACE_MS: '2000',
        DATALAB_LOG_LEVEL: 'silent',
      }),
    );
    browser = await chromium.launch({ executablePath: chromiumPath, args: CHROMIUM_FLAGS });
    visitor = await (await browser.newContext({ viewport: VIEWPORT })).newPage();
    const desk = await browser.newContext({ viewport: VIEWPORT });
    cookie = await signInBrowser(desk, demo.node);
    operator = await desk.newPage();
    await visitor.routeWebSocket(/\/api\/socket$/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((message) => {
        if (typeof message !== 'string') sent.push(new Uint8Array(message));
        server.send(message);
      });
      server.onMessage((message) => {
        const deliver = () => socket.send(message);
        if (holdAcks && String(message).includes('ACK')) heldBack.push(deliver);
        else deliver();
      });
    });
  });

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const ask = async <T>(path: string): Promise<T> => (await (await fetch(demo.node.url + path, { headers: { cookie } })).json()) as T;
  const state = () => visitor.evaluate(() => window.datalab?.state() ?? null);
  const movesIn = (frames: readonly Frame[]) =>
    frames.flatMap((frame) => frame.events.filter((event): event is EventOf<'move'> => event.kind === 'move'));

  function decodeAll(bytes: readonly Uint8Array[]): Frame[] {
    return bytes.map((frame) => {
      const decoded = decodeFrame(frame);
      if (!decoded.ok) throw new Error(decoded.reason);
      return decoded.value;
    });
  }

  /** Looks again until it holds; the browser lane's own time limit is what ends it. */
  async function until<T>(look: () => Promise<T> | T, holds: (value: T) => boolean): Promise<T> {
    for (;;) {
      const value = await look();
      if (holds(value)) return value;
      await visitor.evaluate(() => new Promise(requestAnimationFrame));
    }
  }

  it('names the files that README’s table names', () => {
    const rows = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^\| (\d+) \| `([^`]+)` \|/gm)].map((match) => match[2]);
    expect(rows).toEqual(STOPS);
    expect(STOPS.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('passes all ten stops', async () => {
    await operator.goto(`${demo.node.url}/actors?app=${DEMO_APP}`);
    await visitor.goto(`${demo.site.url}/`);
    await until(state, (found) => found?.place === 'LISTEN');
    const session = (await state())?.session ?? '';
    const actor = () => demo.node.registry.find(session);

    // The operator watches that actor meanwhile.
    const row = operator.getByRole('row').filter({ hasText: session.slice(-8) });
    await row.filter({ hasText: 'Listen' }).waitFor();

    // 1: a DOM event becomes a sample, thinned: forty events on a straight line are far fewer samples.
    await visitor.mouse.move(100, 300);
    await visitor.mouse.move(TO.x, TO.y, { steps: 40 });
    await until(
      () => movesIn(decodeAll(sent)),
      (moves) => moves.some(({ x, y }) => x === TO.x && y === TO.y),
    );
    const moves = movesIn(decodeAll(sent));
    expect(moves.length).toBeGreaterThanOrEqual(2);
    expect(moves.length).toBeLessThan(40);

    // 2: samples became frames, numbered without a gap, and are kept while no ack has come.
    const headers = sent.map((bytes) => {
      const header = readHeader(bytes);
      if (!header.ok) throw new Error(header.reason);
      return header.value;
    });
    let expected = 1;
    for (const { firstSeq, count } of headers) {
      expect(firstSeq).toBe(expected);
      expected += count;
    }
    const total = expected - 1;
    expect((await state())?.heldEvents).toBeGreaterThanOrEqual(total);

    // 3: bytes and frames are each other's images.
    for (const [i, frame] of decodeAll(sent).entries()) expect(encodeFrame(frame)).toEqual(sent[i]);

    // 4: the bytes reached the session's socket.
    await until(
      () => demo.node.registry.counters.get('framesReceived'),
      (received) => received >= sent.length,
    );
    expect(demo.node.registry.counters.dropped).toBe(0);

    // 5: its actor is in LISTEN and has taken every number, once.
    expect(actor()?.place).toBe('LISTEN');
    expect(actor()?.received).toBeGreaterThanOrEqual(total);

    // 6: a batch went to a worker and came back.
    await until(
      () => actor()?.ackedSeq ?? 0,
      (acked) => acked >= total,
    );
    expect(demo.node.registry.counters.get('commits')).toBeGreaterThan(0);

    // 7: the worker made heat of it, in the cell where the pointer came to rest.
    const query = `app=${DEMO_APP}&url=${encodeURIComponent(`${demo.site.url}/`)}&layer=move&widthClass=laptop`;
    const heat = await ask<Heatmap>(`/api/heatmap?${query}`);
    const cell = { row: Math.floor(TO.y / heat.rowPx), column: Math.floor((TO.x / VIEWPORT.width) * heat.columns) };
    expect(heat.cells.find(({ row, column }) => row === cell.row && column === cell.column)?.weight).toBeGreaterThan(0);

    // 8: chunks are stored as they were sent, once; only then did the ack go back, and lets the tracker forget.
    const reader = new Reader(
      new Uint8Array(
        await (await fetch(`${demo.node.url}/api/sessions/${session}/chunks?app=${DEMO_APP}`, { headers: { cookie } })).arrayBuffer(),
      ),
    );
    const stored: Uint8Array[] = [];
    while (!reader.done) stored.push(reader.blob(70_000));
    expect(stored.slice(0, headers.length)).toEqual(sent.slice(0, headers.length));
    expect(heldBack.length).toBeGreaterThan(0);
    holdAcks = false;
    for (const deliver of heldBack.splice(0)) deliver();
    await until(state, (found) => found?.heldEvents === 0);

    // 9: questions have answers.
    expect(heat.total).toBeGreaterThan(0);
    expect(heat.page?.boxes.length).toBeGreaterThan(5);
    const list = await ask<SessionList>(`/api/sessions?app=${DEMO_APP}&bots=true`);
    expect(list.rows.find((row) => row.session === session)).toMatchObject({ state: 'LISTEN', url: `${demo.site.url}/` });

    // 10: the analyst sees the heat where the pointer was, and the replay of this very session.
    const analyst = await operator.context().newPage();
    await analyst.goto(`${demo.node.url}/heatmaps?${query.replace('widthClass', 'width')}`);
    const canvas = analyst.locator('canvas.heat');
    await canvas.waitFor();
    const heatAt = (share: { x: number; y: number }) =>
      canvas.evaluate((element: HTMLCanvasElement, { x, y }) => {
        const pixel = element.getContext('2d')?.getImageData(Math.floor(x * element.width), Math.floor(y * element.height), 1, 1);
        return pixel?.data[3] ?? 0;
      }, share);
    const pageHeight = heat.page?.pageHeight ?? 0;
    await until(
      () => heatAt({ x: TO.x / VIEWPORT.width, y: TO.y / pageHeight }),
      (opacity) => opacity > 0,
    );
    expect(await heatAt({ x: 0.95, y: 0.9 }), 'where no pointer was').toBe(0);
    await analyst.goto(`${demo.node.url}/sessions/${session}/replay?app=${DEMO_APP}`);
    await analyst.getByRole('button', { name: /play/i }).first().waitFor();

    // And the operator sees the actor change: closed by its goodbye, then gone from the table.
    await visitor.close();
    await row.filter({ hasText: 'Closing' }).waitFor();
    await row.waitFor({ state: 'detached' });
    expect(actor()).toBeUndefined();
    const ended = await ask<SessionDetail>(`/api/sessions/${session}?app=${DEMO_APP}`);
    expect(ended.row).toMatchObject({ endReason: 'goodbye', lostEvents: 0 });
  });
});
