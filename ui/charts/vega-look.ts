/** How every chart looks, in both themes: one configuration over the tokens of look/tokens.css. */
import type { Config } from 'vega-lite';
import type { Token } from '../look/tokens.ts';

/** @param token tells the two themes apart; nothing else here does */
export function vegaLook(token: Token): Config {
  const font = 'system-ui, sans-serif';
  const categories = [1, 2, 3, 4, 5, 6, 7, 8].map((place) => token(`--category-${place}`));
  const accent = token('--accent');
  return {
    // The figure around it has the name and the table; hundreds of named marks would drown it.
    aria: false,
    background: 'transparent',
    font,
    padding: 4,
    view: { stroke: 'transparent' },
    axis: {
      labelColor: token('--ink-3'),
      titleColor: token('--ink-3'),
      gridColor: token('--line'),
      domainColor: token('--line-strong'),
      tickColor: token('--line-strong'),
      labelFontSize: 11,
      titleFontSize: 11,
      titleFontWeight: 'normal',
      labelPadding: 6,
    },
    axisX: { grid: false },
    axisY: { domain: false, ticks: false, titleAngle: 0, titleAlign: 'left', titleAnchor: 'end', titleY: -10, titleX: -28 },
    legend: { labelColor: token('--ink-2'), titleColor: token('--ink-3'), labelFontSize: 12 },
    line: { stroke: accent },
    area: { fill: accent },
    point: { fill: accent },
    bar: { fill: accent },
    range: { category: categories },
  };
}
