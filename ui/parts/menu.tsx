/** A button that opens a menu: a native popover (it closes by itself, Escape included), placed by floating-ui. */
import { computePosition, flip, offset, shift } from '@floating-ui/dom';
import { Check, ChevronDown } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';

type Props = { readonly label: string; readonly button: ComponentChildren; readonly children: (close: () => void) => ComponentChildren };

/** @param props.label names the button for screen readers, together with what it shows */
export function Menu({ label, button, children }: Props) {
  const id = useId();
  const anchor = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLElement>(null);
  const place = async () => {
    if (!anchor.current || !menu.current) return;
    const { x, y } = await computePosition(anchor.current, menu.current, {
      strategy: 'fixed',
      placement: 'bottom-start',
      middleware: [offset(4), flip(), shift({ padding: 8 })],
    });
    Object.assign(menu.current.style, { left: `${x}px`, top: `${y}px` });
  };
  const itemsOf = () => [...(menu.current?.querySelectorAll<HTMLElement>('li button') ?? [])];
  const step = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    const items = itemsOf();
    const next = items.indexOf(document.activeElement as HTMLElement) + (event.key === 'ArrowDown' ? 1 : -1);
    items.at(next % items.length)?.focus();
  };
  return (
    <>
      <button type="button" class="plain menu-button" ref={anchor} popovertarget={id} title={label}>
        <span class="hidden-text">{label}: </span>
        {button}
        <ChevronDown size={14} aria-hidden="true" />
      </button>
      <section
        aria-label={label}
        id={id}
        class="menu"
        popover="auto"
        ref={menu}
        onToggle={(event) => {
          if (event.newState !== 'open') return;
          void place();
          const items = itemsOf();
          (items.find((item) => item.ariaPressed === 'true') ?? items[0])?.focus({ preventScroll: true });
        }}
        onKeyDown={step}
      >
        {children(() => menu.current?.hidePopover())}
      </section>
    </>
  );
}

/** One line of a menu, ticked when it is the choice. */
export function MenuItem({ isChosen, choose, children }: { isChosen: boolean; choose: () => void; children: ComponentChildren }) {
  return (
    <li>
      <button type="button" onClick={choose} aria-pressed={isChosen}>
        <span class="tick">{isChosen && <Check size={16} aria-hidden="true" />}</span>
        {children}
      </button>
    </li>
  );
}
