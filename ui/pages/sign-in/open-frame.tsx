/** Around what is seen signed out: the sign of datalab, and one thing to do. */
import type { ComponentChildren } from 'preact';
import { Brand } from '../../parts/brand.tsx';

export function OpenFrame({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="open-page">
      <p class="open-brand">
        <Brand /> datalab
      </p>
      <section class="card open-card" aria-labelledby="open-title">
        <h1 id="open-title">{title}</h1>
        {children}
      </section>
    </main>
  );
}
