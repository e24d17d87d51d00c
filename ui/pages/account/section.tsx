/** One titled part of the account page. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export function Section({ title, about, children }: { title: string; about: string; children: ComponentChildren }) {
  const id = useId();
  return (
    <section class="card account-part" aria-labelledby={id}>
      <div class="about">
        <h2 id={id}>{title}</h2>
        <p class="quiet">{about}</p>
      </div>
      <div class="body">{children}</div>
    </section>
  );
}
