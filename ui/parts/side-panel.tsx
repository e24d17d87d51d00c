/** A panel beside the page, with its own address. Escape closes it, wherever the focus is. */
import { X } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

export function SidePanel({ title, close, children }: { title: ComponentChildren; close: () => void; children: ComponentChildren }) {
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
    <aside class="panel" aria-label="Session">
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
