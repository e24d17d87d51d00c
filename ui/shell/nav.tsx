/** The pages, by group. */
import { Brand } from '../parts/brand.tsx';
import { linkTo } from '../state/address.ts';
import { useAddress, useMay } from '../state/workspace.ts';
import { PAGES, type Page, START_PATH, startOf } from './pages.ts';

const GROUPS = ['Watch', 'Operate'] as const;

/** Shows what one may see, and nothing else. */
export function Nav({ onGo }: { onGo?: () => void }) {
  const { view } = useAddress();
  const may = useMay();
  const shown = PAGES.filter((page) => page.group && may(page.action));
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the links inside are what is pressed; this only closes the drawer after one was
    <nav class="nav" aria-label="Pages" onClick={onGo}>
      <a class="brand" href={linkTo(view, START_PATH)} aria-label="datalab, start page">
        <Brand />
        <span class="text">datalab</span>
      </a>
      {GROUPS.filter((group) => shown.some((page) => page.group === group)).map((group) => (
        <section key={group} aria-label={group}>
          <h2>{group}</h2>
          <PageLinks pages={shown.filter((page) => page.group === group)} />
        </section>
      ))}
      <div class="foot">
        <PageLinks pages={shown.filter((page) => page.group === 'Foot')} />
      </div>
    </nav>
  );
}

function PageLinks({ pages }: { pages: readonly Page[] }) {
  const { path, view } = useAddress();
  if (pages.length === 0) return null;
  return (
    <ul>
      {pages.map((page) => (
        <li key={page.path}>
          <a href={linkTo(view, startOf(page))} title={page.label} {...(path.startsWith(startOf(page)) ? { 'aria-current': 'page' } : {})}>
            {page.icon && <page.icon size={16} aria-hidden="true" />}
            <span class="text">{page.label}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}
