/** A chart on a page: its title, its picture, the same as a table, and ways to take it along. */
import { useEffect, useRef } from 'preact/hooks';
import { Menu, MenuItem } from '../parts/menu.tsx';
import { Skeleton } from '../parts/states-of-view.tsx';
import { useAddress, useWorkspace } from '../state/workspace.ts';
import { type Chart, toCsv } from './chart.ts';
import type { DrawnChart } from './vega-view.ts';

export function ChartFigure<Row extends object>({ chart }: { chart: Chart<Row> }) {
  const { view, change } = useAddress();
  const drawn = useRef<DrawnChart | undefined>(undefined);
  const save = async (kind: 'svg' | 'png' | 'csv') => {
    const name = `${chart.title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')}.${kind}`;
    if (kind === 'csv') download(name, new Blob([toCsv(chart)], { type: 'text/csv' }));
    else if (kind === 'svg') download(name, new Blob([(await drawn.current?.toSvg()) ?? ''], { type: 'image/svg+xml' }));
    else download(name, (await drawn.current?.toPng()) ?? '');
  };
  return (
    <figure class="card" aria-label={chart.title}>
      <header>
        <h2>{chart.title}</h2>
        <button type="button" class="small" onClick={() => change({ table: !view.table })}>
          {view.table ? 'As picture' : 'As table'}
        </button>
        <Menu label="Save this chart" button={<span>Save</span>}>
          {(close) => (
            <ul>
              {(view.table ? (['csv'] as const) : (['svg', 'png', 'csv'] as const)).map((kind) => (
                <MenuItem
                  key={kind}
                  isChosen={false}
                  choose={() => {
                    close();
                    void save(kind);
                  }}
                >
                  {kind.toUpperCase()}
                </MenuItem>
              ))}
            </ul>
          )}
        </Menu>
      </header>
      <div class="chart">
        {chart.rows.length === 0 ? (
          <Skeleton lines={5} />
        ) : view.table ? (
          <ChartTable chart={chart} />
        ) : (
          <Picture chart={chart} drawn={drawn} />
        )}
      </div>
    </figure>
  );
}

type PictureProps = {
  readonly chart: Pick<Chart<object>, 'spec' | 'rows' | 'summary'>;
  readonly drawn: { current: DrawnChart | undefined };
};

function Picture({ chart, drawn }: PictureProps) {
  const { theme } = useWorkspace();
  const element = useRef<HTMLDivElement>(null);
  const rows = useRef(chart.rows);
  rows.current = chart.rows;
  const shown = theme.shown.value;

  useEffect(() => {
    let isGone = false;
    void import('./vega-view.ts').then(({ drawChart }) => {
      if (!isGone && element.current) drawn.current = drawChart(element.current, chart.spec, rows.current);
    });
    return () => {
      isGone = true;
      drawn.current?.remove();
      drawn.current = undefined;
    };
  }, [chart.spec, shown]);
  useEffect(() => drawn.current?.show(chart.rows), [chart.rows]);

  return <div class="picture" ref={element} role="img" aria-label={chart.summary} />;
}

function ChartTable<Row extends object>({ chart }: { chart: Chart<Row> }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region without anything to focus inside must be reachable by keyboard
    <section class="chart-table" tabIndex={0} aria-label={`${chart.title} As table`}>
      <table>
        <thead>
          <tr>
            {chart.columns.map((column) => (
              <th key={column.label} scope="col">
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {chart.table.map((row, place) => (
            <tr key={place}>
              {chart.columns.map((column) => (
                <td key={column.label}>{column.value(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function download(name: string, what: Blob | string): void {
  const href = typeof what === 'string' ? what : URL.createObjectURL(what);
  const link = document.createElement('a');
  link.href = href;
  link.download = name;
  link.click();
  if (typeof what !== 'string') URL.revokeObjectURL(href);
}
