/** Heat over the page it was left on. The pointer over it tells the exact value of a cell. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { HeatLayer, Heatmap } from '../../../engine/protocol/api.ts';
import { pageTokens } from '../../look/tokens.ts';
import { contextOf, useSize } from '../../parts/fitted-canvas.ts';
import { drawWireframe } from '../../parts/wireframe.ts';
import { useWorkspace } from '../../state/workspace.ts';
import { formatWeight, type HeatPage } from './heat-page.ts';
import { type HeatField, rasterOf } from './heat-raster.ts';

type Props = {
  readonly heatmap: Heatmap;
  readonly page: HeatPage;
  readonly field: HeatField;
  readonly layer: HeatLayer;
  /** Percent. */
  readonly opacity: number;
};

/** Room that a tip is given at the right edge of the window. */
const TIP_MAX_PX = 168;

export function HeatView({ heatmap, page, field, layer, opacity }: Props) {
  const { theme } = useWorkspace();
  const shown = theme.shown.value;
  const { ref, size } = useSize<HTMLDivElement>();
  const base = useRef<HTMLCanvasElement>(null);
  const heat = useRef<HTMLCanvasElement>(null);
  const { columns, rowPx, cells } = heatmap;
  const boxes = heatmap.page?.boxes;
  // Narrow pages are not blown up: a phone's page looks like one.
  const scale = Math.min(1, size.width / page.width);
  const width = page.width * scale;
  const height = page.height * scale;
  const left = Math.max(0, (size.width - width) / 2);

  useEffect(() => {
    if (!base.current || width === 0) return;
    const context = contextOf(base.current, { width, height });
    if (!context) return;
    const token = pageTokens();
    context.fillStyle = token('--wire-page');
    context.fillRect(0, 0, width, height);
    context.scale(scale, scale);
    drawWireframe(context, boxes ?? [], token, { top: 0, bottom: page.height });
  }, [boxes, width, height, scale, page.height, shown]);

  useEffect(() => {
    if (!heat.current || width === 0) return;
    const context = contextOf(heat.current, { width, height });
    if (!context) return;
    const small = new OffscreenCanvas(field.columns, field.rows);
    small.getContext('2d')?.putImageData(new ImageData(rasterOf(field), field.columns, field.rows), 0, 0);
    context.imageSmoothingQuality = 'high';
    context.drawImage(small, 0, 0, width, field.rows * rowPx * scale);
  }, [field, rowPx, width, height, scale]);

  const weights = useMemo(() => new Map(cells.map((cell) => [cell.row * columns + cell.column, cell.weight])), [cells, columns]);
  const [tip, setTip] = useState<{ readonly x: number; readonly y: number; readonly text: string } | undefined>(undefined);
  const onPointerMove = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / width) * columns);
    const row = Math.floor((event.clientY - box.top) / scale / rowPx);
    setTip({ x: event.clientX, y: event.clientY, text: formatWeight(layer, weights.get(row * columns + column) ?? 0) });
  };

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region without anything to focus inside must be reachable by keyboard
    <section class="heat-scroll" tabIndex={0} aria-label="Heat over the page">
      <div ref={ref}>
        <div
          style={{ position: 'relative', width: `${width}px`, height: `${height}px`, marginLeft: `${left}px` }}
          onPointerMove={onPointerMove}
          onPointerLeave={() => setTip(undefined)}
        >
          <canvas ref={base} style={{ width: `${width}px`, height: `${height}px` }} />
          <canvas
            ref={heat}
            class="heat"
            role="img"
            aria-label="Heat over the page; the targets beside it are the same as a table"
            style={{ width: `${width}px`, height: `${height}px`, opacity: opacity / 100 }}
          />
        </div>
      </div>
      {tip && (
        <div class="chart-tip" style={{ left: `${Math.min(tip.x + 12, innerWidth - TIP_MAX_PX)}px`, top: `${tip.y - 32}px` }}>
          {tip.text}
        </div>
      )}
    </section>
  );
}
