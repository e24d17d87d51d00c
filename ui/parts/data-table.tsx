/**
 * A table of any length: a real table whose far rows are not there. Sticky head, sort by column, a row opens a panel,
 * arrow keys go from row to row.
 */
import { ArrowDown, ArrowUp } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { useVirtualRows } from './virtual-rows.ts';

export type Column<Row> = {
  readonly id: string;
  readonly label: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Right-aligned. */
  readonly isNumber?: boolean;
  /** May be cut when it is long. */
  readonly isWide?: boolean;
  readonly isSortable?: boolean;
  /** Left out on narrow screens. */
  readonly isLessImportant?: boolean;
};

type Props<Row> = {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  /** Rows there are, shown or not. */
  readonly count: number;
  /** `undefined` while a row is on its way. */
  readonly rowAt: (index: number) => Row | undefined;
  readonly keyOf: (row: Row) => string;
  readonly sort: string;
  readonly direction: 'down' | 'up';
  readonly onSort: (column: string, direction: 'down' | 'up') => void;
  /** Key of the row shown in the panel. */
  readonly open: string;
  readonly hrefOf: (row: Row) => string;
  readonly onOpen: (row: Row) => void;
  /** The rows on screen changed. */
  readonly onRange?: (start: number, end: number) => void;
};

const ROW_PX = 36;
const HEAD_PX = 32;

export function DataTable<Row>(props: Props<Row>) {
  const { columns, count, rowAt, keyOf, open, onRange } = props;
  const { scroll, virtual } = useVirtualRows(count, ROW_PX, HEAD_PX);
  const items = virtual.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);
  const start = virtual.range?.startIndex ?? 0;
  const end = virtual.range?.endIndex ?? 0;
  useEffect(() => onRange?.(start, end), [start, end, onRange]);

  // One row is reached by Tab, the others from there by arrow keys.
  const openIndex = items.find((item) => keyAt(rowAt, keyOf, item.index) === open)?.index;
  const tabIndex = openIndex ?? start;

  const moveTo = (index: number) => {
    const row = index >= 0 && index < count ? rowAt(index) : undefined;
    if (!row) return;
    virtual.scrollToIndex(index);
    if (open !== '') props.onOpen(row);
    // The row may only be drawn by the scroll.
    requestAnimationFrame(() => scroll.current?.querySelector<HTMLElement>(`[data-row="${index}"] .row-link`)?.focus());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const rowElement = (event.target as Element).closest<HTMLElement>('[data-row]');
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (!rowElement || step === undefined) return;
    event.preventDefault();
    moveTo(Math.min(count - 1, Math.max(0, Number(rowElement.dataset['row']) + step)));
  };

  return (
    <div class="table-scroll" ref={scroll}>
      <table aria-rowcount={count + 1}>
        <caption class="hidden-text">{props.caption}</caption>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <HeadCell key={column.id} column={column} sort={props.sort} direction={props.direction} onSort={props.onSort} />
            ))}
          </tr>
        </thead>
        <tbody onKeyDown={onKeyDown}>
          <Spacer heightPx={first ? first.start - HEAD_PX : 0} columns={columns.length} />
          {items.map(({ index }) => {
            const row = rowAt(index);
            if (!row) return <BoneRow key={`bone-${index}`} columns={columns} />;
            const key = keyOf(row);
            return (
              <tr
                key={key}
                class={key === open ? 'row is-open' : 'row'}
                data-row={index}
                aria-rowindex={index + 2}
                onClick={(event) => {
                  if (event.defaultPrevented || (event.target as Element).closest('a')) return;
                  // Arrow keys go on from the row that was clicked.
                  event.currentTarget.querySelector<HTMLElement>('.row-link')?.focus({ preventScroll: true });
                  props.onOpen(row);
                }}
              >
                {columns.map((column, place) => (
                  <td key={column.id} class={cellClass(column)}>
                    {place === 0 ? (
                      <a
                        class="row-link"
                        href={props.hrefOf(row)}
                        tabIndex={index === tabIndex ? 0 : -1}
                        {...(key === open ? { 'aria-current': 'true' } : {})}
                      >
                        {column.cell(row)}
                      </a>
                    ) : (
                      column.cell(row)
                    )}
                  </td>
                ))}
              </tr>
            );
          })}
          <Spacer heightPx={last ? virtual.getTotalSize() - last.end : 0} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

function keyAt<Row>(rowAt: (index: number) => Row | undefined, keyOf: (row: Row) => string, index: number): string | undefined {
  const row = rowAt(index);
  return row === undefined ? undefined : keyOf(row);
}

function cellClass(column: Column<never>): string {
  return [column.isNumber && 'number', column.isWide && 'wide', column.isLessImportant && 'less-important'].filter(Boolean).join(' ');
}

type HeadProps = Pick<Props<never>, 'sort' | 'direction' | 'onSort'> & { readonly column: Column<never> };

function HeadCell({ column, sort, direction, onSort }: HeadProps) {
  const isSorted = sort === column.id;
  const Arrow = direction === 'down' ? ArrowDown : ArrowUp;
  return (
    <th scope="col" class={cellClass(column)} {...(isSorted ? { 'aria-sort': direction === 'down' ? 'descending' : 'ascending' } : {})}>
      {column.isSortable ? (
        <button type="button" onClick={() => onSort(column.id, isSorted && direction === 'down' ? 'up' : 'down')}>
          {column.label}
          {isSorted && <Arrow size={12} aria-hidden="true" />}
        </button>
      ) : (
        column.label
      )}
    </th>
  );
}

function Spacer({ heightPx, columns }: { heightPx: number; columns: number }) {
  if (heightPx <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus; it only keeps room for the rows that are not drawn
    <tr class="spacer" aria-hidden="true">
      <td colSpan={columns} style={{ height: `${heightPx}px` }} />
    </tr>
  );
}

function BoneRow({ columns }: { columns: readonly Column<never>[] }) {
  return (
    <tr>
      {columns.map((column) => (
        <td key={column.id} class={cellClass(column)}>
          <span class="bone" />
        </td>
      ))}
    </tr>
  );
}
