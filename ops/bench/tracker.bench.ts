/**
 * What the tracker costs the page that loads it: the same walk of the same hand with no tracker, with the least that a tracker can be,
 * and with datalab as it ships, in turn. Times are the page's thread's own, so that the machine's other work is not in them.
 */
import { type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import { decodeFrame } from '../../engine/protocol/codec/frame.ts';
import type { Event } from '../../engine/protocol/events.ts';
import { DEFAULT_TRACKER_CONFIG, type TrackerConfig } from '../../engine/protocol/hello.ts';
import { CHROMIUM_FLAGS, findChromium } from '../browser/ensure-chromium.ts';
import { buildTracker, CORE_FILE } from '../build/tracker.ts';
import { MINIMAL_FILE, MINIMAL_PATH, minimalTracker } from './fixture/minimal-tracker.ts';
import { bytesByKind } from './fixture/tracker-heap.ts';
import { TRACKER_PAGE } from './fixture/tracker-page.ts';
import { clicksMs, type OwnShare, ownShare, TRACE_CATEGORIES } from './fixture/tracker-trace.ts';
import { FRAME_MS, makeWalk, SELECTORS, type Step, VIEWPORT } from './fixture/tracker-walk.ts';
import { machineNow, markdownTable, median, progress, writeBetweenMarkers } from './report.ts';

/** Odd, so that there is a middle. */
const ROUNDS = 5;
/** Rounds with a trace, which makes everything slower: their times are not among the others. */
const TRACED_ROUNDS = 2;
/** From the page's load until nothing of it is left to do: the layout is read after 0.8 s, in an idle moment. */
const LOAD_MS = 3_000;
/** After the last step, until the last click was judged and the last frame sent. */
const END_MS = 3_200;
/** Script time of the minimal tracker at which the aim is said: 25 ms for its 12. */
const AIM_AT_MS = 12;
const AIM_MS = 25;

const VARIANTS = ['none', 'minimal', 'datalab'] as const;
type Variant = (typeof VARIANTS)[number];

/** Script, and all of the page's thread, in ms since the page began. */
type Spent = { readonly scriptMs: number; readonly taskMs: number };
type Plain = {
  readonly loaded: Spent /** After each step. */;
  readonly along: readonly Spent[];
  readonly ended: Spent;
  readonly heapBytes: number;
};
type Traced = {
  readonly own: OwnShare;
  readonly clicks: readonly number[];
  readonly latenciesMs: readonly number[];
  readonly heap: ReadonlyMap<string, number>;
};
type Wire = { readonly frameBytes: number; readonly jsonBytes: number; readonly events: number; readonly moves: number };

/** What is used of the tracker's fixtures, which are tests' parts: no types are built of them. */
type Server = { readonly origin: string; start(scripts?: ReadonlyMap<string, string>): Promise<void>; stop(): Promise<void> };
type Gateway = Server & {
  config: Partial<TrackerConfig>;
  readonly received: readonly { readonly bytes: Uint8Array }[];
  readonly stored: readonly { readonly event: Event }[];
};
type Site = Server & { head: string };
const fixture = (name: string) => import(new URL(`../../tracker/fixture/${name}.ts`, import.meta.url).href);
const { FixtureGateway }: { readonly FixtureGateway: new () => Gateway } = await fixture('gateway');
const { FixtureSite }: { readonly FixtureSite: new (pages: Readonly<Record<string, string>>) => Site } = await fixture('site');

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

const executablePath = findChromium();
if (!executablePath) throw new Error('there is no Chromium to measure in');
const machine = machineNow();
const say = progress((ROUNDS + TRACED_ROUNDS) * VARIANTS.length + 1);
say(0, 'building the tracker');
const built = await buildTracker();
const site = new FixtureSite({ '/': TRACKER_PAGE });
await site.start();
const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
const { walk, elements } = await findWalk();

/** Makes the walk from where things lie on the page. */
async function findWalk(): Promise<{ readonly walk: readonly Step[]; readonly elements: number }> {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  await page.goto(site.origin);
  const found = await page.evaluate((selectors) => {
    const places = selectors.map((selector) => {
      const element = document.querySelector(selector);
      const { x = 0, y = 0, width: w = 0, height: h = 0 } = element?.getBoundingClientRect() ?? {};
      return [selector, { x, y, w, h, fixed: element?.closest('header') !== null }] as const;
    });
    return {
      places,
      scrollMaxPx: document.documentElement.scrollHeight - innerHeight,
      elements: document.querySelectorAll('*').length,
    };
  }, SELECTORS);
  await context.close();
  return { walk: makeWalk(new Map(found.places), found.scrollMaxPx), elements: found.elements };
}

/** Opens the page in a browser's profile of its own, with a server of its own, and gives what is measured. */
async function visit<R>(variant: Variant, measure: (page: Page, context: BrowserContext, gateway: Gateway) => Promise<R>): Promise<R> {
  const gateway = new FixtureGateway();
  gateway.config = DEFAULT_TRACKER_CONFIG;
  const scripts = new Map(built);
  await gateway.start(scripts);
  scripts.set(MINIMAL_FILE, minimalTracker(gateway.origin));
  const heads: Record<Variant, string> = {
    none: '',
    minimal: `<script async src="${gateway.origin}/${MINIMAL_FILE}"></script>`,
    datalab: `<script async src="${gateway.origin}/${CORE_FILE}" data-app="shop"></script>`,
  };
  site.head = heads[variant];
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => void errors.push(String(error)));
  try {
    const measured = await measure(page, context, gateway);
    // What is measured must be the page as it works without.
    if (errors.length > 0) throw new Error(`the page fails with ${variant}: ${errors[0]}`);
    return measured;
  } finally {
    await context.close();
    await gateway.stop();
  }
}

/** @param after called after each step */
async function goAlong(page: Page, after: () => Promise<void>): Promise<void> {
  let dueMs = performance.now();
  for (const step of walk) {
    if (step.do === 'move') {
      dueMs = Math.max(dueMs + FRAME_MS, performance.now());
      await pause(Math.max(0, dueMs - performance.now()));
      await page.mouse.move(step.x, step.y);
    } else if (step.do === 'click') {
      await page.mouse.down();
      await page.mouse.up();
      await after();
    } else if (step.do === 'wheel') await page.mouse.wheel(0, step.byPx);
    else if (step.do === 'type') await page.keyboard.type(step.text);
    else await pause(step.ms);
  }
}

async function measurePlain(variant: Variant): Promise<{ readonly plain: Plain; readonly wire: Wire; readonly beaconBytes: number }> {
  return visit(variant, async (page, context, gateway) => {
    const cdp = await context.newCDPSession(page);
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    let beaconBytes = 0;
    page.on('request', (request) => {
      if (request.url().endsWith(MINIMAL_PATH)) beaconBytes += request.postDataBuffer()?.length ?? 0;
    });
    await page.goto(site.origin);
    await pause(LOAD_MS);
    if (variant === 'datalab' && !gateway.stored.some(({ event }) => event.kind === 'layout'))
      throw new Error('datalab was not there when the walk began');
    const loaded = await spent(cdp);
    const along: Spent[] = [];
    await goAlong(page, async () => void along.push(await spent(cdp)));
    await pause(END_MS);
    const ended = await spent(cdp);
    // What the first leaves to be finalised goes with the second.
    for (let i = 0; i < 2; i++) await cdp.send('HeapProfiler.collectGarbage');
    const { usedSize: heapBytes } = await cdp.send('Runtime.getHeapUsage');
    return { plain: { loaded, along, ended, heapBytes }, wire: wireOf(gateway), beaconBytes };
  });
}

async function spent(cdp: CDPSession): Promise<Spent> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  const ms = (name: string) => (metrics.find((metric) => metric.name === name)?.value ?? Number.NaN) * 1_000;
  return { scriptMs: ms('ScriptDuration') + ms('V8CompileDuration'), taskMs: ms('TaskDuration') };
}

/** What came on the socket, and what the same would be as JSON: the page once a frame, the events, and nothing around them. */
function wireOf(gateway: Gateway): Wire {
  const frames = gateway.received.map(({ bytes }) => {
    const frame = decodeFrame(bytes);
    if (!frame.ok) throw new Error(frame.reason);
    const { page, events } = frame.value;
    return { bytes: bytes.length, json: JSON.stringify({ page, events }).length, events };
  });
  return {
    frameBytes: sum(frames.map(({ bytes }) => bytes)),
    jsonBytes: sum(frames.map(({ json }) => json)),
    events: sum(frames.map(({ events }) => events.length)),
    moves: sum(frames.map(({ events }) => events.filter(({ kind }) => kind === 'move').length)),
  };
}

/** Keeps how long the page took to answer each press and key, in ms: what INP is made of. */
function hearLatencies(): void {
  const latencies = new Map<number, number>();
  Object.assign(window, { latencies });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { readonly interactionId?: number })[]) {
      const { interactionId = 0, duration } = entry;
      if (interactionId > 0) latencies.set(interactionId, Math.max(latencies.get(interactionId) ?? 0, duration));
    }
  }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
}

async function measureTraced(variant: Variant): Promise<Traced> {
  return visit(variant, async (page, context, gateway) => {
    await page.addInitScript(hearLatencies);
    await browser.startTracing(page, { categories: TRACE_CATEGORIES });
    await page.goto(site.origin);
    await pause(LOAD_MS);
    await goAlong(page, async () => undefined);
    await pause(END_MS);
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
    const latenciesMs = await page.evaluate(() => [...(window as unknown as { latencies: Map<number, number> }).latencies.values()]);
    const cdp = await context.newCDPSession(page);
    const chunks: string[] = [];
    cdp.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => void chunks.push(chunk));
    await cdp.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
    const heap = bytesByKind(chunks.join(''));
    return { own: ownShare(traceEvents, site.origin, gateway.origin), clicks: clicksMs(traceEvents, site.origin), latenciesMs, heap };
  });
}

type Round<T> = Readonly<Record<Variant, T>>;
let done = 0;
async function inTurn<T>(rounds: number, what: string, measure: (variant: Variant) => Promise<T>): Promise<readonly Round<T>[]> {
  const all: Round<T>[] = [];
  for (let i = 0; i < rounds; i++) {
    const round: Partial<Record<Variant, T>> = {};
    for (const variant of VARIANTS) {
      say(++done, `${what} ${i + 1} of ${rounds}: ${variant}`);
      round[variant] = await measure(variant);
    }
    all.push(round as Round<T>);
  }
  return all;
}

const rounds = await inTurn(ROUNDS, 'round', measurePlain);
const traced = await inTurn(TRACED_ROUNDS, 'traced round', measureTraced);
await browser.close();
await site.stop();
say(++done, 'done');

const ms = (value: number) => value.toFixed(1);
const kB = (bytes: number) => (bytes / 1_000).toFixed(1);
/** Middle of what a variant takes more than none, by round. */
const extra = (variant: Variant, of: (plain: Plain) => number) =>
  median(rounds.map((round) => of(round[variant].plain) - of(round.none.plain)));

/** The click by which the minimal tracker has taken what the aim is said for; the last, if it never has. */
const clicks = rounds[0]?.none.plain.along.length ?? 0;
const byClick = Array.from({ length: clicks }, (_, click) => extra('minimal', ({ along }) => along[click]?.scriptMs ?? Number.NaN));
const reached = byClick.findIndex((tookMs) => tookMs >= AIM_AT_MS);
const aimedClick = reached < 0 ? clicks - 1 : reached;
const movesUntil = (click: number) => {
  let left = click + 1;
  const end = walk.findIndex((step) => step.do === 'click' && --left === 0);
  return walk.slice(0, end).filter((step) => step.do === 'move').length;
};

const PARTS: readonly (readonly [string, (plain: Plain) => Spent, (plain: Plain) => Spent | null])[] = [
  ['loading', ({ loaded }) => loaded, () => null],
  [
    `the walk’s first ${movesUntil(aimedClick)} moves, ${aimedClick + 1} clicks`,
    ({ along, ended }) => along[aimedClick] ?? ended,
    ({ loaded }) => loaded,
  ],
  ['both', ({ along, ended }) => along[aimedClick] ?? ended, () => null],
  ['the whole walk', ({ ended }) => ended, ({ loaded }) => loaded],
  ['all of it', ({ ended }) => ended, () => null],
];
const times = markdownTable(
  ['script time, ms more than without', 'minimal', 'datalab', 'of the minimal', 'datalab, whole thread'],
  PARTS.map(([name, until, since]) => {
    const more = (variant: Variant, what: keyof Spent) => extra(variant, (plain) => until(plain)[what] - (since(plain)?.[what] ?? 0));
    const [minimal, datalab] = [more('minimal', 'scriptMs'), more('datalab', 'scriptMs')];
    return [name, ms(minimal), ms(datalab), (datalab / minimal).toFixed(2), ms(more('datalab', 'taskMs'))];
  }),
);

const owns = traced.map(({ datalab }) => datalab.own);
const longest = owns.map((own) => own.longest).toSorted((a, b) => b.ms - a.ms)[0];
const kinds = new Map<string, { ms: number[]; maxMs: number; times: number }>();
for (const { byWhat } of owns) {
  for (const [what, { ms: all, maxMs, times: count }] of byWhat) {
    const known = kinds.get(what) ?? { ms: [], maxMs: 0, times: 0 };
    kinds.set(what, { ms: [...known.ms, all], maxMs: Math.max(known.maxMs, maxMs), times: count });
  }
}
const tasks = markdownTable(
  ['what ran, traced', 'times', 'ms in all', 'longest, ms'],
  [...kinds]
    .toSorted(([, a], [, b]) => b.maxMs - a.maxMs)
    .slice(0, 10)
    .map(([what, { ms: all, maxMs, times: count }]) => [what, String(count), ms(median(all)), ms(maxMs)]),
);

const wires = rounds.map(({ datalab }) => datalab.wire);
const wire = wires[wires.length >> 1] ?? { frameBytes: 0, jsonBytes: 0, events: 0, moves: 0 };
const heapKinds = [...new Set(traced.flatMap(({ none, datalab }) => [...none.heap.keys(), ...datalab.heap.keys()]))];
const moreHeap = (variant: Variant, kind: string) =>
  median(traced.map((round) => (round[variant].heap.get(kind) ?? 0) - (round.none.heap.get(kind) ?? 0)));
const heap = markdownTable(
  ['heap, kB more than without', 'minimal', 'datalab'],
  [
    [
      'after two forced collections',
      kB(extra('minimal', ({ heapBytes }) => heapBytes)),
      kB(extra('datalab', ({ heapBytes }) => heapBytes)),
    ],
    ...heapKinds.map((kind) => [`in a snapshot: ${kind}`, kB(moreHeap('minimal', kind)), kB(moreHeap('datalab', kind))]),
  ],
);

const quantile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Number.NaN;
const presses = markdownTable(
  ['a press', ...VARIANTS],
  [
    [
      'handlers of the click, thread ms, middle',
      ...VARIANTS.map((variant) =>
        quantile(
          traced.flatMap((round) => round[variant].clicks),
          0.5,
        ).toFixed(2),
      ),
    ],
    [
      'handlers of the click, thread ms, largest',
      ...VARIANTS.map((variant) => Math.max(...traced.flatMap((round) => round[variant].clicks)).toFixed(2)),
    ],
    [
      'until the next picture, ms, 98th of 100 (INP)',
      ...VARIANTS.map((variant) =>
        ms(
          quantile(
            traced.flatMap((round) => round[variant].latenciesMs),
            0.98,
          ),
        ),
      ),
    ],
  ],
);

const count = (what: Step['do']) => walk.filter((step) => step.do === what).length;
const about = `${new Date().toISOString().slice(0, 10)}, ${machine}, Chromium ${browser.version()}; a page of ${elements} elements, a walk of ${count('move')} moves, ${count('click')} clicks, ${count('wheel')} turns of the wheel, three addresses and a form; middle of ${ROUNDS} rounds, ${TRACED_ROUNDS} more with a trace.`;
const aim = `The aim is ${AIM_MS} ms where the minimal tracker takes ${AIM_AT_MS}, or ${(AIM_MS / AIM_AT_MS).toFixed(2)} of it. Longest share of one task: ${ms(longest?.ms ?? Number.NaN)} ms (${longest?.what}, of it style and layout ${ms(longest?.layoutMs ?? Number.NaN)} ms).`;
const bytes = `On the wire: ${wire.events} events, ${wire.moves} of them moves, are ${wire.frameBytes.toLocaleString('en')} bytes of frames; as JSON they would be ${wire.jsonBytes.toLocaleString('en')}: ${(wire.frameBytes / wire.jsonBytes).toFixed(3)} of it. The minimal tracker sent ${median(rounds.map(({ minimal }) => minimal.beaconBytes)).toLocaleString('en')} for its moves alone.`;
const report = `\n${[times, aim, tasks, bytes, heap, presses, about].join('\n\n')}\n`;
console.log(report);
writeBetweenMarkers(new URL('README.md', import.meta.url), 'tracker.bench.ts', report);
