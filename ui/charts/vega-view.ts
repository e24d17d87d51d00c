/** Vega itself: loaded with the first chart, in a chunk of its own. */

import { parse, View, Warn } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile, type TopLevelSpec } from 'vega-lite';
import { pageTokens } from '../look/tokens.ts';
import { ROWS } from './chart.ts';
import { vegaLook } from './vega-look.ts';

/** A drawn chart. */
export type DrawnChart = {
  /** Replaces the rows and paints. */
  readonly show: (rows: readonly object[]) => void;
  readonly toSvg: () => Promise<string>;
  /** @returns a data address */
  readonly toPng: () => Promise<string>;
  readonly remove: () => void;
};

/** Draws a specification into an element, in the theme that the page has now. */
export function drawChart(element: HTMLElement, spec: TopLevelSpec, rows: readonly object[]): DrawnChart {
  const compiled = compile(spec, { config: vegaLook(pageTokens()) }).spec;
  // `ast`: expressions are walked, not compiled with Function, which our content security policy refuses.
  const runtime = parse(compiled, {}, { ast: true });
  const view = new View(runtime, { expr: expressionInterpreter, renderer: 'canvas', container: element, hover: true, logLevel: Warn });
  const tip = document.createElement('div');
  tip.className = 'chart-tip';
  view.tooltip((_handler, event, _item, value) => showTip(tip, event, value));
  view.data(ROWS, [...rows]);
  void view.runAsync();
  return {
    show(next) {
      view.data(ROWS, [...next]);
      void view.runAsync();
    },
    toSvg: () => view.toSVG(),
    toPng: () => view.toImageURL('png', 2),
    remove() {
      tip.remove();
      view.finalize();
    },
  };
}

function showTip(tip: HTMLElement, event: MouseEvent, value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    tip.remove();
    return;
  }
  // Text only: values may hold what a visitor's page said.
  tip.textContent = Object.entries(value)
    .map(([name, shown]) => `${name} ${shown}`)
    .join(' · ');
  document.body.append(tip);
  const left = Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8);
  tip.style.left = `${left}px`;
  tip.style.top = `${event.clientY - tip.offsetHeight - 8}px`;
}
