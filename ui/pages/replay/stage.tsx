/** The visitor's window as it was: an address line, and the page below it. */
import type { ReadonlySignal } from '@preact/signals';
import { useComputed, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { formatUrl } from '../../look/format.ts';
import { pageTokens } from '../../look/tokens.ts';
import { contextOf, useSize } from '../../parts/fitted-canvas.ts';
import { useWorkspace } from '../../state/workspace.ts';
import { drawScene } from './draw-scene.ts';
import type { Recording } from './recording.ts';
import { sceneAt } from './scene.ts';

export function Stage({ recording, at }: { recording: Recording; at: ReadonlySignal<number> }) {
  const { theme } = useWorkspace();
  const { ref, size } = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const page = useComputed(() => sceneAt(recording, at.value)?.page).value;
  const shown = theme.shown.value;

  const paint = () => {
    const scene = sceneAt(recording, at.value);
    const context = canvas.current && size.width > 0 ? contextOf(canvas.current, size) : undefined;
    if (scene && context) drawScene(context, size, scene, pageTokens(), matchMedia('(prefers-reduced-motion: reduce)').matches);
  };
  // Painted as time passes without drawing the components again, and again when anything else changes.
  useSignalEffect(paint);
  useEffect(paint, [recording, size, shown]);

  return (
    <section class="card browser" aria-label="Visited page">
      <div class="address-line">
        <span class="url cut">{page ? formatUrl(page.url) : ''}</span>
        <span class="label">{page && `${page.viewportWidth} × ${page.viewportHeight}`}</span>
      </div>
      <div class="stage">
        <div ref={ref}>
          <canvas ref={canvas} role="img" aria-label="The page with the visitor’s pointer; the events beside it tell the same in words" />
        </div>
      </div>
    </section>
  );
}
