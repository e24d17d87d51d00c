/**
 * Writes pages.json: the demo site as a real Chromium lays it out, so that simulated visitors point at what is there. Run it
 * after the site has changed: `node ops/demo/visitors/record-pages.ts`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { CHROMIUM_FLAGS, findChromium } from '../../browser/ensure-chromium.ts';
import { serveSite } from '../site-server.ts';
import type { RecordedPage, RecordedView } from './recorded-pages.ts';

const PATHS = ['/', '/catalogue', '/product', '/journal', '/basket', '/about', '/guides/', '/guides/layers', '/guides/packing'];
const SCREENS = [
  { width: 1920, height: 970 },
  { width: 1280, height: 720 },
  { width: 390, height: 760 },
];

/** The probe and the parts of the tracker that it uses, as one script. */
async function bundleProbe(): Promise<string> {
  const entry = join(import.meta.dirname, 'page-probe.ts');
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: false, lib: { entry, formats: ['iife'], name: 'probe', fileName: 'probe' } },
  });
  const [first] = Array.isArray(built) ? built : [];
  const chunk = first?.output.find((output) => output.type === 'chunk');
  if (!chunk) throw new Error('the probe was not built');
  return chunk.code;
}

async function record(page: Page, siteUrl: string, probe: string, path: string): Promise<RecordedPage> {
  const views: RecordedView[] = [];
  for (const screen of SCREENS) {
    await page.setViewportSize(screen);
    await page.goto(siteUrl + path);
    await page.addScriptTag({ content: probe });
    views.push((await page.evaluate('probe.probePage()')) as RecordedView);
  }
  return { path, title: await page.title(), views };
}

const executablePath = findChromium();
if (!executablePath) throw new Error('This needs a Chromium on the path.');
const site = await serveSite(0, () => '');
const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
const page = await browser.newPage({ reducedMotion: 'reduce' });
const probe = await bundleProbe();
const pages: RecordedPage[] = [];
for (const [i, path] of PATHS.entries()) {
  pages.push(await record(page, site.url, probe, path));
  console.log(`[${i + 1}/${PATHS.length}] ${path}`);
}
await browser.close();
await site.stop();
writeFileSync(join(import.meta.dirname, 'pages.json'), `[\n${pages.map((recorded) => JSON.stringify(recorded)).join(',\n')}\n]\n`);
