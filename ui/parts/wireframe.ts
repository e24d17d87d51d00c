/** A visited page, redrawn from its boxes: calm, so that what lies over it is seen. */
import type { LayoutBox } from '../../engine/protocol/events.ts';
import type { Token } from '../look/tokens.ts';

/** The part of the page that is drawn, in its own pixels. */
export type Clip = { readonly top: number; readonly bottom: number };

const PICTURES = new Set(['img', 'svg', 'figure', 'video', 'canvas', 'iframe', 'picture', 'object', 'embed']);
const CONTROLS = new Set(['button', 'input', 'select', 'textarea', 'summary']);
const HEADINGS = new Set(['h1', 'h2', 'h3', 'h4']);
const BANDS = new Set(['header', 'footer']);
const CARDS = new Set(['article', 'aside', 'form', 'fieldset', 'table', 'dialog', 'blockquote', 'pre', 'li']);
const PROSE = new Set(['p', 'dl']);

/** A link or a picture of at least this height is a surface; below, it is words or an icon. */
const SURFACE_MIN_PX = 36;
/** A list item of at least this height is a card; below, it is a line. */
const CARD_MIN_PX = 64;
/** Prose whose words are not known is drawn as lines of about this height. */
const PROSE_LINE_PX = 24;

/** Draws boxes in page coordinates; the caller has scaled and moved the context. Later boxes lie over earlier ones. */
export function drawWireframe(context: CanvasRenderingContext2D, boxes: readonly LayoutBox[], token: Token, clip: Clip): void {
  const fill = token('--wire-fill');
  const strong = token('--wire-strong');
  const line = token('--wire-line');
  const page = token('--wire-page');
  const surface = (box: LayoutBox, color: string | null, radius: number, isOutlined: boolean): void => {
    context.beginPath();
    context.roundRect(box.x + 0.5, box.y + 0.5, box.w - 1, box.h - 1, radius);
    if (color) {
      context.fillStyle = color;
      context.fill();
    }
    context.strokeStyle = line;
    if (isOutlined) context.stroke();
  };
  context.lineWidth = 1;
  const seen = boxes.filter((box) => box.y <= clip.bottom && box.y + box.h >= clip.top && box.w >= 2 && box.h >= 2);
  // Pictures first: many lie behind words that stand before them in the document.
  for (const box of [...seen.filter(isPicture), ...seen.filter((other) => !isPicture(other))]) {
    const { tag } = box;
    const isButton = CONTROLS.has(tag) || (tag === 'a' && box.text !== '' && box.h >= SURFACE_MIN_PX && box.h < 2 * SURFACE_MIN_PX);
    if (isPicture(box)) {
      const isIcon = box.h < SURFACE_MIN_PX;
      surface(box, strong, isIcon ? box.h / 2 : 4, !isIcon);
      if (!isIcon) cross(context, box, line);
    } else if (isButton) surface(box, page, 6, true);
    else if (BANDS.has(tag)) surface(box, fill, 0, false);
    else if (CARDS.has(tag) && box.h >= CARD_MIN_PX) surface(box, page, 8, true);
    else if (tag === 'section') surface(box, null, 0, true);
    else if (PROSE.has(tag) && box.text === '') prose(context, box, strong);
    if (box.text === '') continue;
    const color = HEADINGS.has(tag) ? token('--ink') : tag === 'a' ? token('--accent') : token('--wire-text');
    label(context, box, color, isButton);
  }
}

const isPicture = ({ tag }: LayoutBox): boolean => PICTURES.has(tag);

/** Words that were never sent, as a printer would grey them: the last line is shorter. */
function prose(context: CanvasRenderingContext2D, box: LayoutBox, color: string): void {
  const lines = Math.max(1, Math.round(box.h / PROSE_LINE_PX));
  const pitch = box.h / lines;
  context.fillStyle = color;
  for (let i = 0; i < lines; i++) {
    const width = i === lines - 1 && lines > 1 ? box.w * 0.6 : box.w;
    context.beginPath();
    context.roundRect(box.x, box.y + (i + 0.5) * pitch - 4, width, 8, 4);
    context.fill();
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
  if (isCentred) context.fillText(box.text, box.x + box.w / 2, box.y + box.h / 2);
  else {
    const pitch = sizePx * LINE_HEIGHT;
    const lines = wrapWords(box.text, box.w, Math.max(1, Math.floor(box.h / pitch)), (words) => context.measureText(words).width);
    const first = lines.length > 1 || box.h > 2 * pitch ? box.y + pitch / 2 : box.y + box.h / 2;
    for (const [place, words] of lines.entries()) context.fillText(words, box.x + 2, first + place * pitch);
  }
  context.restore();
}

const LINE_HEIGHT = 1.25;

/** Breaks a text at its spaces. The last line takes what is left, however long it is: the box cuts it. */
export function wrapWords(text: string, width: number, linesMax: number, measure: (words: string) => number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && lines.length < linesMax - 1 && measure(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
