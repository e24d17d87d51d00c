/**
 * One session, seen in the tracker's log, on the wire and in the store, event by event: through a cut network, a reload and a full
 * navigation to a closed tab. The tracker is what ships, and writes its log itself: it hands on each event that it takes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { SessionDetail } from '../../engine/protocol/api.ts';
import { decodeFrame } from '../../engine/protocol/codec/frame.ts';
import { Reader } from '../../engine/protocol/codec/reader.ts';
import type { Event, Frame } from '../../engine/protocol/events.ts';
import { signIn } from '../../gateway/access/fixture/sign-in.ts';
import { type Node, startNode } from '../../gateway/main.ts';
import { readSettings } from '../../gateway/settings.ts';
import { FixtureProxy } from '../../tracker/fixture/proxy.ts';
import { FixtureSite } from '../../tracker/fixture/site.ts';
import { CHROMIUM_FLAGS } from '../browser/ensure-chromium.ts';

/** An event as the shipped tracker holds it: under names that its build shortened. */
type Logged = Readonly<Record<string, unknown>>;
type Numbered = { readonly seq: number; readonly event: Event; readonly frame: number };

const APP = 'shop';
const LOG = 'tracker-log';
const PATIENCE = { timeout: 20_000 };
const chromiumPath = inject('chromium');

describe.skipIf(chromiumPath === '')('one session in the tracker’s log and in the store', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'datalab-log-'));
  const proxy = new FixtureProxy();
  const site = new FixtureSite();
  let node: Node;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const sent: Uint8Array[] = [];

  beforeAll(async () => {
    await Promise.all([proxy.start(), site.start()]);
    // The node is told how it is reached, so the port behind the proxy must be known before.
    proxy.port = await freePort();
    node = await startNode(
      readSettings({
        DATALAB_PORT: String(proxy.port),
        DATALAB_DATA_DIR: dataDir,
        DATALAB_PUBLIC_URL: proxy.origin,
        DATALAB_APPS: `${APP}|Shop|${site.origin}`,
        DATALAB_GRACE_MS: '10000',
        DATALAB_LOG_LEVEL: 'silent',
      }),
    );
    browser = await chromium.launch({ executablePath: chromiumPath, args: CHROMIUM_FLAGS });
    context = await browser.newContext({ viewport: { width: 1_000, height: 700 } });
    page = await context.newPage();
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        if (typeof payload !== 'string') sent.push(Uint8Array.from(payload));
      }),
    );
    site.head = `<script>
        window.datalab = [['start', { app: '${APP}', api: '${proxy.origin}', ${await nameOfTap()}(event) {
          localStorage.setItem('${LOG}', (localStorage.getItem('${LOG}') ?? '') + JSON.stringify(event) + '\\n');
        } }]];
      </script><script async src="${node.url}/datalab.js"></script>`;
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all([proxy.stop(), site.stop()]);
    await node?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const textOf = async (path: string) => (await fetch(node.url + path, { headers: { cookie: await signIn(node) } })).text();

  /** The debugger listens there, too, and takes it away when it closes: the name that the build gave it stands in its file. */
  async function nameOfTap(): Promise<string> {
    const [file] = (await textOf('/datalab.js')).match(/datalab-debug-[0-9a-f]+\.js/) ?? [];
    const [, name] = (await textOf(`/${file}`)).match(/delete \w+\.(\w+)/) ?? [];
    if (!name) throw new Error('the debugger deletes nothing');
    return name;
  }

  const state = () => page.evaluate(() => window.datalab?.state() ?? null);
  const listening = () => expect.poll(state, PATIENCE).toMatchObject({ place: 'LISTEN', heldEvents: 0, extraFailures: 0, earlyPoints: 0 });

  /** What a visitor does on the page that is open. */
  async function walk(clicks: readonly string[]): Promise<void> {
    for (const selector of clicks) {
      await page.locator(selector).hover();
      await page.locator(selector).click();
      await page.mouse.move(500, 600, { steps: 10 });
    }
    await page.locator('#secret').pressSequentially('secret');
  }

  async function storedFrames(session: string): Promise<Frame[]> {
    const answer = await fetch(`${node.url}/api/sessions/${session}/chunks?app=${APP}`, { headers: { cookie: await signIn(node) } });
    const reader = new Reader(new Uint8Array(await answer.arrayBuffer()));
    const frames: Frame[] = [];
    while (!reader.done) frames.push(frameOf(reader.blob(70_000)));
    return frames;
  }

  async function logged(): Promise<Logged[]> {
    // Another tab, in which nothing is tracked.
    site.head = '';
    const reading = await context.newPage();
    await reading.goto(`${site.origin}/two`);
    const text = await reading.evaluate((name) => localStorage.getItem(name) ?? '', LOG);
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Logged);
  }

  it('has the same events in both, under the same numbers, at the same times, none missing and none twice', async () => {
    await page.goto(site.origin);
    await listening();
    const { session = '' } = (await state()) ?? {};
    await walk(['#buy', '.add-to-list']);
    await page.evaluate(() => history.pushState({}, '', '/list'));
    await page.evaluate(() => scrollTo(0, 1_000));

    // The gateway's socket breaks, and the page goes on without it.
    proxy.cut();
    await expect.poll(state, PATIENCE).toMatchObject({ place: 'CONNECT' });
    await page.evaluate(() => scrollTo(0, 0));
    await walk(['[data-datalab]', '#buy']);
    proxy.mend();
    await listening();

    await page.locator('#buy').click();
    await page.reload();
    await listening();
    await walk(['.add-to-list']);

    await page.locator('#menu a').click();
    await page.waitForURL('**/two*');
    await listening();
    await page.evaluate(() => window.datalab?.event('bought', { total: 12 }));
    await page.locator('h1').click();
    const last = await state();
    expect(last).toMatchObject({ session, faults: 0, refusals: 0, unreadable: 0 });
    expect(Object.values(last?.lost ?? {}).filter((count) => count > 0)).toEqual([]);
    await page.close({ runBeforeUnload: true });
    const detail = async () => JSON.parse(await textOf(`/api/sessions/${session}?app=${APP}`)) as SessionDetail;
    await expect.poll(async () => (await detail()).row, PATIENCE).toMatchObject({ endReason: 'goodbye', lostEvents: 0 });

    const stored = numbered(await storedFrames(session)).toSorted((a, b) => a.seq - b.seq);
    const log = await logged();

    // Every number once.
    expect(stored.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
    expect(stored.length).toBeGreaterThanOrEqual((last?.nextSeq ?? 0) - 1);
    // The same events in the same order.
    const { kind, atMs } = namesIn(log);
    expect(stored.map(({ event }) => [event.kind, contentOf(event, ['kind', 'atMs'])])).toEqual(
      log.map((event) => [event[kind], contentOf(event, [kind, atMs])]),
    );
    // At the same times: those of a frame are late by one offset, that of the two clocks as the hello measured it.
    const offsets = new Map<number, Set<number>>();
    for (const [index, { event, frame }] of stored.entries()) {
      offsets.set(frame, (offsets.get(frame) ?? new Set()).add(event.atMs - Number(log[index]?.[atMs])));
    }
    for (const offset of offsets.values()) {
      expect([...offset]).toHaveLength(1);
      expect(Math.abs([...offset][0] ?? Number.NaN)).toBeLessThan(1_000);
    }
    // What went over sockets is what is stored, however often it went.
    const bySeq = new Map(stored.map(({ seq, event }) => [seq, event]));
    const wire = numbered(sent.map(frameOf));
    expect(wire.map(({ seq, event }) => [seq, event])).toEqual(wire.map(({ seq }) => [seq, bySeq.get(seq)]));
    // And it was all there: what was done on each page, and each page's end.
    const told = stored.flatMap(({ event }) => (event.kind === 'click' ? [event.target] : []));
    expect(told).toEqual([
      ...['#buy', '.add-to-list', '[data-datalab="named"]', '#buy', '#buy', '.add-to-list'],
      '#menu > ul:nth-of-type(1) > li:nth-of-type(1) > a:nth-of-type(1)',
      'body > main:nth-of-type(1) > h1:nth-of-type(1)',
    ]);
    const kinds = stored.map(({ event }) => event.kind);
    expect(kinds.filter((each) => ['start', 'leave', 'urlchange', 'custom'].includes(each))).toEqual([
      ...['start', 'urlchange', 'leave', 'urlchange', 'start', 'leave', 'urlchange', 'start', 'custom', 'leave'],
    ]);
    expect(new Set(kinds)).toEqual(new Set([...kinds, 'move', 'scroll', 'form', 'layout']));
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function frameOf(bytes: Uint8Array): Frame {
  const decoded = decodeFrame(bytes);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
}

const numbered = (frames: readonly Frame[]): Numbered[] =>
  frames.flatMap(({ firstSeq, events }) => events.map((event, index) => ({ seq: firstSeq + index, event, frame: firstSeq })));

/** What `kind` and `atMs` are called in the log, by its first event, which is a start: title, referrer and time are no kind. */
function namesIn([first]: readonly Logged[]): { readonly kind: string; readonly atMs: string } {
  const names = Object.entries(first ?? {});
  const kind = names.find(([, value]) => value === 'start')?.[0] ?? '';
  const atMs = names.find(([, value]) => typeof value === 'number')?.[0] ?? '';
  return { kind, atMs };
}

/** The values of an event's fields, whatever their names; numbers as the wire has them, whole. */
function contentOf(event: object, without: readonly string[]): unknown[] {
  return Object.entries(event)
    .filter(([name]) => !without.includes(name))
    .map(([, value]) => (typeof value === 'number' ? Math.round(value) || 0 : value))
    .toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
}
