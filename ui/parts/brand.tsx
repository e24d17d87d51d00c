/** The sign of datalab: one's own circle, somebody live in it. */
export function Brand() {
  return (
    <svg width="18" height="18" viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="6.5" fill="none" stroke="var(--accent)" stroke-width="2" />
      <circle cx="8" cy="8" r="2.5" fill="var(--state-listen)" />
    </svg>
  );
}
