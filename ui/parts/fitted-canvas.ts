/** Canvases that are as sharp as the screen and redraw when their size or the theme changes. */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

export type Size = { readonly width: number; readonly height: number };

/** The size of an element's content, in CSS pixels, as it changes. */
export function useSize<E extends Element>(): { readonly ref: RefObject<E>; readonly size: Size } {
  const ref = useRef<E>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    if (!ref.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return { ref, size };
}

/** Beyond this browsers refuse a canvas, or draw nothing. */
const CANVAS_MAX_PX = 16_000;

/** Sizes a canvas for the screen and clears it. @returns a context whose unit is a CSS pixel */
export function contextOf(canvas: HTMLCanvasElement, size: Size): CanvasRenderingContext2D | undefined {
  const ratio = Math.min(devicePixelRatio, CANVAS_MAX_PX / Math.max(1, size.width, size.height));
  const width = Math.max(1, Math.round(size.width * ratio));
  const height = Math.max(1, Math.round(size.height * ratio));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d') ?? undefined;
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  context?.clearRect(0, 0, size.width, size.height);
  return context;
}
