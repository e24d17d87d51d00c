/** A visited page, redrawn from its boxes: calm, so that what lies over it is seen. */
import type { LayoutBox } from '../../engine/protocol/events.ts';
import type { Token } from '../look/tokens.ts';

/** The part of the page that is drawn, in its own pixels. */
export type Clip = { readonly top: number; readonly bottom: number };

const PICTURES = new Set(['img', 'video', 'canvas', 'iframe', 'picture', 'object', 'embed']);
const CONTROLS = new Set(['button', 'input', 'select', 'textarea', 'summary']);
const HEADINGS = new Set(['h1', 'h2', 'h3', 'h4']);

/** Draws boxes in page coordinates; the caller has scaled and moved the context. Later boxes lie over earlier ones. */
export function drawWireframe(context: CanvasRenderingContext2D, boxes: readonly LayoutBox[], token: Token, clip: Clip): void {
  const ink = token('--ink');
  const text = token('--wire-text');
  const line = token('--wire-line');
  const fill = token('--wire-fill');
  const strong = token('--wire-strong');
  const page = token('--wire-page');
  context.lineWidth = 1;
  for (const box of boxes) {
    if (box.y > clip.bottom || box.y + box.h < clip.top || box.w < 2 || box.h < 2) continue;
    const isControl = CONTROLS.has(box.tag);
    const isPicture = PICTURES.has(box.tag);
    const isText = box.text !== '' && !isControl;
    if (!isText) {
      context.beginPath();
      context.roundRect(box.x + 0.5, box.y + 0.5, box.w - 1, box.h - 1, isControl ? 5 : 2);
      context.fillStyle = isControl ? page : isPicture ? strong : fill;
      context.fill();
      context.strokeStyle = line;
      if (isControl || isPicture) context.stroke();
    }
    if (isPicture) cross(context, box, line);
    if (box.text !== '') label(context, box, HEADINGS.has(box.tag) ? ink : box.tag === 'a' ? token('--accent') : text, isControl);
  }
}

function cross(context: CanvasRenderingContext2D, box: LayoutBox, color: string): void {
  context.strokeStyle = color;
  context.beginPath();
  context.moveTo(box.x, box.y);
  context.lineTo(box.x + box.w, box.y + box.h);
  context.moveTo(box.x + box.w, box.y);
  context.lineTo(box.x, box.y + box.h);
  context.stroke();
}

function label(context: CanvasRenderingContext2D, box: LayoutBox, color: string, isCentred: boolean): void {
  // Only the box is known, not the font: a heading fills its box, a paragraph's first line stands at its top.
  const sizePx = HEADINGS.has(box.tag) ? Math.min(32, Math.max(12, box.h * 0.7)) : Math.min(15, Math.max(10, box.h * 0.7));
  context.save();
  context.beginPath();
  context.rect(box.x, box.y, box.w, box.h);
  context.clip();
  context.fillStyle = color;
  context.font = `${HEADINGS.has(box.tag) ? 600 : 400} ${sizePx}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  context.textAlign = isCentred ? 'center' : 'left';
  const isTall = box.h > sizePx * 2.2;
  context.fillText(box.text, isCentred ? box.x + box.w / 2 : box.x + 2, isTall && !isCentred ? box.y + sizePx * 0.8 : box.y + box.h / 2);
  context.restore();
}
