/** What the colours mean, in the unit of the layer. */
import { useEffect, useRef } from 'preact/hooks';
import type { HeatLayer } from '../../../engine/protocol/api.ts';
import { contextOf } from '../../parts/fitted-canvas.ts';
import { formatWeight } from './heat-page.ts';
import { heatRatio, rampColor } from './heat-ramp.ts';

const WIDTH_PX = 140;
const HEIGHT_PX = 10;

export function HeatLegend({ hottest, layer }: { hottest: number; layer: HeatLayer }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current ? contextOf(canvas.current, { width: WIDTH_PX, height: HEIGHT_PX }) : undefined;
    for (let x = 0; context && x < WIDTH_PX; x++) {
      const [red, green, blue, alpha] = rampColor(heatRatio(x / (WIDTH_PX - 1), 1));
      context.fillStyle = `rgb(${red} ${green} ${blue} / ${alpha})`;
      context.fillRect(x, 0, 1, HEIGHT_PX);
    }
  }, []);
  return (
    <span class="heat-legend">
      <span class="label">0</span>
      <canvas ref={canvas} role="img" aria-label="from transparent through violet to yellow" />
      <span class="label">{formatWeight(layer, hottest)} per cell, or more</span>
    </span>
  );
}
