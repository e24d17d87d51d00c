/** The pages, by group. */
import { linkTo } from '../state/address.ts';
import { useAddress } from '../state/workspace.ts';
import { PAGES, START_PATH } from './pages.ts';

const GROUPS = ['Watch', 'Operate'] as const;

export function Nav({ onGo }: { onGo?: () => void }) {
  const { path, view } = useAddress();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the links inside are what is pressed; this only closes the drawer after one was
    <nav class="nav" aria-label="Pages" onClick={onGo}>
      <a class="brand" href={linkTo(view, START_PATH)} aria-label="datalab, start page">
        <svg width="18" height="18" viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="8" r="6.5" fill="none" stroke="var(--accent)" stroke-width="2" />
          <circle cx="8" cy="8" r="2.5" fill="var(--state-listen)" />
        </svg>
        <span class="text">datalab</span>
      </a>
      {GROUPS.map((group) => (
        <section key={group} aria-label={group}>
          <h2>{group}</h2>
          <ul>
            {PAGES.filter((page) => page.group === group).map((page) => (
              <li key={page.path}>
                <a href={linkTo(view, page.path)} title={page.label} {...(path.startsWith(page.path) ? { 'aria-current': 'page' } : {})}>
                  {page.icon && <page.icon size={16} aria-hidden="true" />}
                  <span class="text">{page.label}</span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}
