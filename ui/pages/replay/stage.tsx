/** The visitor's window as it was: an address line, and the page below it, recorded or as a wireframe. */
import type { ReadonlySignal } from '@preact/signals';
import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { formatUrl } from '../../look/format.ts';
import { pageTokens } from '../../look/tokens.ts';
import { contextOf, type Size, useSize } from '../../parts/fitted-canvas.ts';
import { useAddress, useWorkspace } from '../../state/workspace.ts';
import { drawScene, windowOn } from './draw-scene.ts';
import type { RecordedPage } from './recorded-player.ts';
import type { Recording } from './recording.ts';
import { type Scene, sceneAt } from './scene.ts';
import { isWithin, type ShownDom } from './use-recorded-dom.ts';

type Props = { readonly recording: Recording; readonly dom: ShownDom | undefined; readonly at: ReadonlySignal<number> };

export function Stage({ recording, dom, at }: Props) {
  const { theme } = useWorkspace();
  const { view } = useAddress();
  const { ref, size } = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const isWanted = dom !== undefined && dom.spans.length > 0 && !view.wireframe;
  const { host, page: recorded } = useRecordedPage(isWanted ? dom : undefined);
  const page = useComputed(() => sceneAt(recording, at.value)?.page).value;
  const shown = theme.shown.value;

  const paint = () => {
    const scene = sceneAt(recording, at.value);
    const below = recorded.value;
    const context = canvas.current && size.width > 0 ? contextOf(canvas.current, size) : undefined;
    if (!scene || !context) return;
    const isDrawn = isWanted && below !== undefined && isWithin(dom.spans, at.value);
    const scrolled = isDrawn ? below.show(at.value, { width: scene.page.viewportWidth, height: scene.page.viewportHeight }) : undefined;
    if (host.current) place(host.current, size, scene, scrolled !== undefined);
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const seen = scrolled ? { ...scene, scrollTop: scrolled.top } : scene;
    drawScene(context, size, seen, pageTokens(), { isOver: scrolled !== undefined, isStill });
  };
  // Painted as time passes without drawing the components again, and again when anything else changes.
  useSignalEffect(paint);
  useEffect(paint, [recording, dom, isWanted, size, shown]);

  return (
    <section class="card browser" aria-label="Visited page">
      <div class="address-line">
        <span class="url cut">{page ? formatUrl(page.url) : ''}</span>
        <span class="label">{page && `${page.viewportWidth} × ${page.viewportHeight}`}</span>
        {isWanted && (
          <span class="label" title="Pictures and fonts lie with the visited site, which would see who looks: placeholders stand for them.">
            Without its pictures
          </span>
        )}
        {dom && dom.spans.length > 0 && <Choice />}
      </div>
      <div class="stage">
        <div ref={ref}>
          {isWanted && <div class="recorded" ref={host} />}
          <canvas ref={canvas} role="img" aria-label="The page with the visitor’s pointer; the events beside it tell the same in words" />
        </div>
      </div>
    </section>
  );
}

function Choice() {
  const { view, change } = useAddress();
  return (
    <fieldset class="segments" aria-label="Drawn as">
      <button type="button" aria-pressed={!view.wireframe} onClick={() => change({ wireframe: false })}>
        Recorded page
      </button>
      <button type="button" aria-pressed={view.wireframe} onClick={() => change({ wireframe: true })}>
        Wireframe
      </button>
    </fieldset>
  );
}

/** Lays the recorded page where the wireframe's window would be. */
function place(host: HTMLElement, size: Size, scene: Scene, isShown: boolean): void {
  const { width, height, scale, left, top } = windowOn(size, scene);
  host.style.visibility = isShown ? 'visible' : 'hidden';
  host.style.width = `${width}px`;
  host.style.height = `${height}px`;
  host.style.borderRadius = `${4 / scale}px`;
  host.style.transform = `translate(${left}px, ${top}px) scale(${scale})`;
}

/** The player of a recorded page, loaded when it is wanted, in an element of its own. */
function useRecordedPage(dom: ShownDom | undefined) {
  const host = useRef<HTMLDivElement>(null);
  const page = useSignal<RecordedPage | undefined>(undefined);
  const isWanted = dom !== undefined;
  const latest = useRef(dom);
  latest.current = dom;
  useEffect(() => {
    if (!isWanted) return;
    let isCurrent = true;
    import('./recorded-player.ts').then(
      ({ createRecordedPage }) => {
        if (!isCurrent || !host.current) return;
        const made = createRecordedPage(host.current);
        made.feed(latest.current?.events ?? []);
        page.value = made;
      },
      // Gone with an update of the server: the wireframe is drawn.
      () => {},
    );
    return () => {
      isCurrent = false;
      page.value?.end();
      page.value = undefined;
    };
  }, [isWanted, page]);
  useEffect(() => {
    if (dom) page.value?.feed(dom.events);
  }, [dom, page]);
  return { host, page };
}
