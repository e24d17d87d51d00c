/** A scene → pixels: the page as a wireframe or what lies below, the pointer with its trail, clicks as ripples, hovers as halos. */
import type { Token } from '../../look/tokens.ts';
import type { Size } from '../../parts/fitted-canvas.ts';
import { drawWireframe } from '../../parts/wireframe.ts';
import { CLICK_SHOWN_MS, type Scene, type Spot, TRAIL_MS } from './scene.ts';

/** Where the visitor's window lies on the stage: as large as it can be, in the middle. CSS pixels. */
export function windowOn(size: Size, { page }: Pick<Scene, 'page'>) {
  const width = page.viewportWidth || 1280;
  const height = page.viewportHeight || 800;
  const scale = Math.min(size.width / width, size.height / height);
  return { width, height, scale, left: (size.width - width * scale) / 2, top: (size.height - height * scale) / 2 };
}

export type How = {
  /** The page itself lies below: only what the visitor did is drawn. */ readonly isOver: boolean;
  /** No motion of its own (prefers-reduced-motion): ripples are rings that stand. */ readonly isStill: boolean;
};

export function drawScene(context: CanvasRenderingContext2D, size: Size, scene: Scene, token: Token, { isOver, isStill }: How): void {
  const { scrollTop } = scene;
  const { width, height, scale, left, top } = windowOn(size, scene);
  context.save();
  context.translate(left, top);
  context.scale(scale, scale);
  context.beginPath();
  context.roundRect(0, 0, width, height, 4 / scale);
  context.fillStyle = token('--wire-page');
  if (!isOver) context.fill();
  context.strokeStyle = token('--wire-line');
  context.lineWidth = 1 / scale;
  context.stroke();
  context.clip();
  context.translate(0, -scrollTop);
  if (!isOver) drawWireframe(context, scene.boxes, token, { top: scrollTop, bottom: scrollTop + height });
  // Marks keep their size on screen however small the page is drawn.
  const px = 1 / scale;
  for (const hover of scene.hovers) drawHalo(context, hover, token('--category-5'), px);
  drawTrail(context, scene, token('--accent'), px);
  for (const click of scene.clicks) drawRipple(context, click, token('--category-1'), px, isStill);
  if (scene.pointer) drawPointer(context, scene.pointer, token, px);
  context.restore();
  drawScrollBar(context, size, scene, scale, token);
}

function drawHalo(context: CanvasRenderingContext2D, { x, y, ageMs }: Spot, color: string, px: number): void {
  const radius = (14 + Math.min(18, ageMs / 150)) * px;
  context.globalAlpha = 0.22;
  context.fillStyle = color;
  disc(context, x, y, radius);
  context.fill();
  context.globalAlpha = 1;
}

function drawTrail(context: CanvasRenderingContext2D, { trail, pointer }: Scene, color: string, px: number): void {
  context.strokeStyle = color;
  context.lineCap = 'round';
  context.lineWidth = 3 * px;
  for (const [place, spot] of trail.entries()) {
    const next = trail[place + 1] ?? pointer;
    if (!next) continue;
    context.globalAlpha = 0.6 * Math.max(0, 1 - spot.ageMs / TRAIL_MS);
    context.beginPath();
    context.moveTo(spot.x, spot.y);
    context.lineTo(next.x, next.y);
    context.stroke();
  }
  context.globalAlpha = 1;
}

function drawRipple(context: CanvasRenderingContext2D, { x, y, ageMs }: Spot, color: string, px: number, isStill: boolean): void {
  const part = isStill ? 0.5 : Math.min(1, ageMs / CLICK_SHOWN_MS);
  context.strokeStyle = color;
  context.lineWidth = 2.5 * px;
  context.globalAlpha = isStill ? 1 : 1 - part;
  disc(context, x, y, (6 + 26 * part) * px);
  context.stroke();
  context.globalAlpha = 1;
}

function drawPointer(context: CanvasRenderingContext2D, { x, y }: { x: number; y: number }, token: Token, px: number): void {
  context.save();
  context.translate(x, y);
  context.scale(px, px);
  const arrow = new Path2D('M0 0 L0 17 L4.2 13.2 L6.9 19.4 L9.6 18.2 L7 12.2 L12.6 11.8 Z');
  context.lineJoin = 'round';
  context.lineWidth = 3;
  context.strokeStyle = token('--wire-page');
  context.stroke(arrow);
  context.fillStyle = token('--ink');
  context.fill(arrow);
  context.restore();
}

function drawScrollBar(context: CanvasRenderingContext2D, size: Size, { page, scrollTop }: Scene, scale: number, token: Token): void {
  if (page.pageHeight <= page.viewportHeight || page.viewportHeight === 0) return;
  const height = page.viewportHeight * scale;
  const top = (size.height - height) / 2;
  const right = (size.width + page.viewportWidth * scale) / 2;
  context.fillStyle = token('--line-strong');
  context.beginPath();
  context.roundRect(
    right - 6,
    top + (scrollTop / page.pageHeight) * height,
    4,
    Math.max(16, (page.viewportHeight / page.pageHeight) * height),
    2,
  );
  context.fill();
}

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}
