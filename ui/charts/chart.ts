/** What every chart is: a question, its rows, and a Vega-Lite specification that knows nothing of where it is drawn. */
import type { TopLevelSpec } from 'vega-lite';

/** A column of a chart's table and of its CSV. */
export type ChartColumn<Row> = { readonly label: string; readonly value: (row: Row) => string | number };

export type Chart<Row extends object> = {
  /** The question it answers. */
  readonly title: string;
  /** One sentence for those who do not see it. */
  readonly summary: string;
  /** Draws the data set `rows`; the rows themselves are not in it, so that new rows need no new specification. */
  readonly spec: TopLevelSpec;
  /** What is drawn: may hold rows that only join lines. */
  readonly rows: readonly Row[];
  /** The same as a table: each value once, latest first. */
  readonly table: readonly Row[];
  readonly columns: readonly ChartColumn<Row>[];
};

/** Name of the data set in every specification. */
export const ROWS = 'rows';

/**
 * A chart's table as CSV (RFC 4180). Text that a spreadsheet would run as a formula is made text by an apostrophe.
 */
export function toCsv<Row extends object>({ columns, table }: Pick<Chart<Row>, 'columns' | 'table'>): string {
  const lines = [columns.map((column) => column.label), ...table.map((row) => columns.map((column) => column.value(row)))];
  return lines.map((cells) => cells.map(csvCell).join(',')).join('\r\n');
}

function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const inert = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
