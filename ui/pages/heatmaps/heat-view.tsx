/** Heat over the page it was left on. The pointer over it tells the exact value of a cell. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { HeatLayer, Heatmap } from '../../../engine/protocol/api.ts';
import type { WidthClass } from '../../../engine/protocol/events.ts';
import { formatCount, formatDuration } from '../../look/format.ts';
import { pageTokens } from '../../look/tokens.ts';
import { contextOf, useSize } from '../../parts/fitted-canvas.ts';
import { drawWireframe } from '../../parts/wireframe.ts';
import { useWorkspace } from '../../state/workspace.ts';
import { hottestWeight } from './heat-ramp.ts';
import { rasterOf } from './heat-raster.ts';

/** What a page of a width class is drawn as while no layout of it was seen. */
const USUAL_WIDTH_PX: Readonly<Record<WidthClass, number>> = { mobile: 390, tablet: 768, laptop: 1280, desktop: 1536 };

type Props = { readonly heatmap: Heatmap; readonly layer: HeatLayer; readonly widthClass: WidthClass; readonly opacity: number };

export function HeatView({ heatmap, layer, widthClass, opacity }: Props) {
  const { theme } = useWorkspace();
  const shown = theme.shown.value;
  const { ref, size } = useSize<HTMLDivElement>();
  const base = useRef<HTMLCanvasElement>(null);
  const heat = useRef<HTMLCanvasElement>(null);
  const { columns, rowPx, cells, page } = heatmap;
  const pageWidth = page?.pageWidth || USUAL_WIDTH_PX[widthClass];
  const lastRow = cells.reduce((last, cell) => Math.max(last, cell.row), 0);
  const pageHeight = Math.max(page?.pageHeight ?? 0, (lastRow + 1) * rowPx, 1);
  const rows = Math.ceil(pageHeight / rowPx);
  // Narrow pages are not blown up: a phone's page looks like one.
  const scale = Math.min(1, size.width / pageWidth);
  const width = pageWidth * scale;
  const height = pageHeight * scale;
  const left = Math.max(0, (size.width - width) / 2);

  useEffect(() => {
    if (!base.current || width === 0) return;
    const context = contextOf(base.current, { width, height });
    if (!context) return;
    const token = pageTokens();
    context.fillStyle = token('--wire-page');
    context.fillRect(0, 0, width, height);
    context.scale(scale, scale);
    drawWireframe(context, page?.boxes ?? [], token, { top: 0, bottom: pageHeight });
  }, [page, width, height, scale, pageHeight, shown]);

  useEffect(() => {
    if (!heat.current || width === 0) return;
    const context = contextOf(heat.current, { width, height });
    if (!context) return;
    const raster = rasterOf(heatmap, rows, hottestWeight(cells.map((cell) => cell.weight)));
    const small = new OffscreenCanvas(raster.columns, raster.rows);
    small.getContext('2d')?.putImageData(new ImageData(raster.rgba, raster.columns, raster.rows), 0, 0);
    context.imageSmoothingQuality = 'high';
    context.drawImage(small, 0, 0, width, rows * rowPx * scale);
  }, [heatmap, rows, width, height, scale]);

  const weights = useMemo(() => new Map(cells.map((cell) => [cell.row * columns + cell.column, cell.weight])), [cells, columns]);
  const [tip, setTip] = useState<{ readonly x: number; readonly y: number; readonly text: string } | undefined>(undefined);
  const onPointerMove = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / width) * columns);
    const row = Math.floor((event.clientY - box.top) / scale / rowPx);
    setTip({ x: event.clientX, y: event.clientY, text: formatWeight(layer, weights.get(row * columns + column) ?? 0) });
  };

  return (
    <div class="heat-scroll">
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
        <div class="chart-tip" style={{ left: `${tip.x + 12}px`, top: `${tip.y - 32}px` }}>
          {tip.text}
        </div>
      )}
    </div>
  );
}

/** A cell's value with its unit. */
export function formatWeight(layer: HeatLayer, weight: number): string {
  if (layer === 'click') return `${formatCount(weight)} ${weight === 1 ? 'click' : 'clicks'}`;
  return `${formatDuration(weight)} ${layer === 'hover' ? 'of hovering' : 'of pointer'}`;
}
