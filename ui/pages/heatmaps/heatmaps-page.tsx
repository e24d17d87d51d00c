/** Heatmaps: where pointers rest, hover and click, over the page itself. */

import { useMemo } from 'preact/hooks';
import { HEAT_LAYERS, type HeatLayer, type Heatmap, type PageList } from '../../../engine/protocol/api.ts';
import { WIDTH_CLASSES, type WidthClass } from '../../../engine/protocol/events.ts';
import { formatCompact, formatCount, formatDuration, formatUrl } from '../../look/format.ts';
import { Empty, RefusalMessage, Skeleton, Snippet } from '../../parts/states-of-view.tsx';
import { writeView } from '../../state/address.ts';
import { askHeatmap, askPages } from '../../state/api.ts';
import { useQuestion } from '../../state/question.ts';
import { boundsOf, labelOf } from '../../state/range.ts';
import { useAddress, useApp, useWatch } from '../../state/workspace.ts';
import { HeatLegend } from './heat-legend.tsx';
import { formatWeight, heatPage } from './heat-page.ts';
import { heatField } from './heat-raster.ts';
import { HeatView } from './heat-view.tsx';

const LAYER_LABELS: Readonly<Record<HeatLayer, string>> = {
  move: 'Moves',
  hover: 'Hovers',
  click: 'Clicks',
  rage: 'Rages',
  dead: 'Dead clicks',
};
const WIDTH_LABELS: Readonly<Record<WidthClass, string>> = { mobile: 'Mobile', tablet: 'Tablet', laptop: 'Laptop', desktop: 'Desktop' };

type Page = PageList['pages'][number];

export function HeatmapsPage() {
  const app = useApp();
  const { view } = useAddress();
  const { data, refusal, isFirst, again } = useQuestion(`${app.key} ${view.range}`, (signal) =>
    askPages(app.key, boundsOf(view.range, Date.now()), signal),
  );
  useWatch('stored', { type: 'watch-stored', app: app.key }, again);
  const pages = data?.pages ?? [];
  const page = pages.find((candidate) => candidate.url === view.url) ?? (view.url === '' ? pages[0] : undefined);
  return (
    <div class="page fixed stacks">
      <header>
        <h1>Heatmaps</h1>
        <p>{page ? formatUrl(page.url) : view.url && formatUrl(view.url)}</p>
      </header>
      {refusal && <RefusalMessage refusal={refusal} again={again} />}
      {isFirst && <Skeleton lines={10} />}
      {data && pages.length === 0 && (
        <section class="card">
          <Empty title="No page has heat in this range">
            <p>Choose a longer range, or paste this into the pages of {app.name}; heat shows a second after the first pointer moves.</p>
            <Snippet text={app.snippet} />
          </Empty>
        </section>
      )}
      {data && pages.length > 0 && (
        <div class="heatmaps">
          <section class="card" aria-label="Pages">
            <header>
              <h2>Pages</h2>
              <span class="label">most viewed first</span>
            </header>
            <Pages pages={pages} chosen={page?.url} />
          </section>
          {page ? <Heat key={page.url} page={page} /> : <NoSuchPage />}
        </div>
      )}
    </div>
  );
}

function Pages({ pages, chosen }: { pages: readonly Page[]; chosen: string | undefined }) {
  const { view } = useAddress();
  return (
    <ul class="page-list">
      {pages.map((page) => (
        <li key={page.url}>
          <a
            href={`/heatmaps${writeView({ ...view, url: page.url, width: '' })}`}
            {...(page.url === chosen ? { 'aria-current': 'true' } : {})}
          >
            <span class="cut" title={page.url}>
              {formatUrl(page.url, 'path')}
            </span>
            <span class="label cut" title={`${formatDuration(page.timeMs)} on this page, all visitors together`}>
              {formatCompact(page.views)} views · {formatCompact(page.clicks)} clicks
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function NoSuchPage() {
  const { view, change } = useAddress();
  return (
    <section class="card">
      <Empty title="This page has no heat in this range">
        <p>
          Nobody was on {formatUrl(view.url)} in {labelOf(view.range).toLowerCase()}.
        </p>
        <button type="button" onClick={() => change({ url: '' })}>
          Show the most viewed page
        </button>
      </Empty>
    </section>
  );
}

function Heat({ page }: { page: Page }) {
  const app = useApp();
  const { view } = useAddress();
  const { layer } = view;
  const widthClass = page.widthClasses.find((candidate) => candidate === view.width) ?? page.widthClasses[0] ?? 'desktop';
  const { data, refusal, isFirst, again } = useQuestion(JSON.stringify([app.key, view.range, page.url, layer, widthClass]), (signal) =>
    askHeatmap({ app: app.key, url: page.url, layer, widthClass, ...boundsOf(view.range, Date.now()) }, signal),
  );
  useWatch('stored', { type: 'watch-stored', app: app.key }, (stored) => {
    if (stored.urls.includes(page.url)) again();
  });
  return (
    <>
      <section class="card" aria-label="Heat">
        <header>
          <HeatControls page={page} widthClass={widthClass} />
        </header>
        {isFirst && <Skeleton lines={10} />}
        {refusal && <RefusalMessage refusal={refusal} again={again} />}
        {data && <Picture heatmap={data} layer={layer} widthClass={widthClass} opacity={view.opacity} />}
      </section>
      <section class="card" aria-label="Targets">
        <header>
          <h2>Targets</h2>
          <span class="label">the heat as a table</span>
        </header>
        {data && <Targets targets={data.targets} />}
      </section>
    </>
  );
}

type PictureProps = { readonly heatmap: Heatmap; readonly layer: HeatLayer; readonly widthClass: WidthClass; readonly opacity: number };

function Picture({ heatmap, layer, widthClass, opacity }: PictureProps) {
  const page = useMemo(() => heatPage(heatmap, widthClass), [heatmap, widthClass]);
  const field = useMemo(() => heatField(heatmap, page.rows, page.width / heatmap.columns), [heatmap, page]);
  if (heatmap.total === 0) {
    return (
      <Empty title={`No ${LAYER_LABELS[layer].toLowerCase()} here yet`}>
        <p>Nobody in this range and width of window left any. Other layers and widths may have some.</p>
      </Empty>
    );
  }
  return (
    <>
      <HeatView heatmap={heatmap} page={page} field={field} layer={layer} opacity={opacity} />
      <footer class="heat-foot">
        <HeatLegend hottest={field.hottest} layer={layer} />
        <span class="label">{formatWeight(layer, heatmap.total)} in all</span>
        {!heatmap.page && <span class="label">No layout of this page was seen yet: its size is a guess.</span>}
      </footer>
    </>
  );
}

function HeatControls({ page, widthClass }: { page: Page; widthClass: WidthClass }) {
  const { view, change } = useAddress();
  return (
    <div class="filters">
      <fieldset class="segments" aria-label="Layer">
        {HEAT_LAYERS.map((layer) => (
          <button key={layer} type="button" aria-pressed={view.layer === layer} onClick={() => change({ layer })}>
            {LAYER_LABELS[layer]}
          </button>
        ))}
      </fieldset>
      <select
        aria-label="Width of the visitors’ windows"
        value={widthClass}
        onChange={(event) => {
          const chosen = WIDTH_CLASSES.find((candidate) => candidate === event.currentTarget.value);
          if (chosen) change({ width: chosen });
        }}
      >
        {page.widthClasses.map((candidate) => (
          <option key={candidate} value={candidate}>
            {WIDTH_LABELS[candidate]}
          </option>
        ))}
      </select>
      <label class="check">
        <span class="label">Opacity</span>
        <input
          type="range"
          min="10"
          max="100"
          step="10"
          value={view.opacity}
          onInput={(event) => change({ opacity: Number(event.currentTarget.value) }, 'replace')}
        />
      </label>
    </div>
  );
}

function Targets({ targets }: { targets: Heatmap['targets'] }) {
  if (targets.length === 0) {
    return (
      <Empty title="No target yet">
        <p>A target is what was clicked or hovered for half a second.</p>
      </Empty>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region without anything to focus inside must be reachable by keyboard
    <section class="table-scroll" tabIndex={0} aria-label="Targets, scrolls">
      <table>
        <thead>
          <tr>
            <th scope="col">Target</th>
            <th scope="col" class="number">
              Clicks
            </th>
            <th scope="col" class="number">
              Dwell
            </th>
          </tr>
        </thead>
        <tbody>
          {targets.map((target) => (
            <tr key={`${target.target} ${target.text}`}>
              <td class="wide" title={target.target}>
                {target.text === '' ? <span class="mono">{target.target}</span> : target.text}
              </td>
              <td class="number">{formatCount(target.clicks)}</td>
              <td class="number">{formatDuration(target.dwellMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
