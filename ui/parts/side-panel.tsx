/**
 * A panel beside the page, with its own address. Escape closes it, wherever the focus is. The focus stays in the rows, so
 * that arrow keys go on; where the panel hides the rows, it comes to the panel.
 */
import { X } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** As parts.css: below this width the panel covers the page. */
const COVERS = '(max-width: 639px)';

export function SidePanel({ title, close, children }: { title: ComponentChildren; close: () => void; children: ComponentChildren }) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const shown = panel.current;
    if (matchMedia(COVERS).matches) shown?.focus();
    return () => {
      if (shown?.contains(document.activeElement)) before?.focus();
    };
  }, []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // Menus and dialogs take Escape first.
      if (event.key !== 'Escape' || event.defaultPrevented || document.querySelector('dialog[open], [popover]:popover-open')) return;
      event.preventDefault();
      close();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });
  return (
    <aside class="panel" aria-label="Session" tabIndex={-1} ref={panel}>
      <header>
        <h2 class="cut">{title}</h2>
        <button type="button" class="plain icon" onClick={close} aria-label="Close panel" title="Close (Escape)">
          <X size={16} />
        </button>
      </header>
      <div class="body">{children}</div>
    </aside>
  );
}
