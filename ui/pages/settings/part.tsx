/** A titled part of a settings page. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

type Props = { readonly title: string; readonly about?: ComponentChildren; readonly children: ComponentChildren };

export function Part({ title, about, children }: Props) {
  const id = useId();
  return (
    <section class="card part" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
      </header>
      <div class="body">
        {about !== undefined && <p class="quiet">{about}</p>}
        {children}
      </div>
    </section>
  );
}
