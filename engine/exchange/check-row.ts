import { type Column, type RowOf, TABLES, type TableName } from './tables.ts';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Holds what was read against its table: from there on it is a row.
 * @returns the row, its columns in the table's order, or what is wrong with it, in words
 */
export function checkRow<T extends TableName>(table: T, given: unknown): { readonly row: RowOf<T> } | { readonly wrong: string } {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return { wrong: 'it is no row' };
  const values = given as Readonly<Record<string, unknown>>;
  const columns = TABLES[table];
  const stranger = Object.keys(values).find((name) => !Object.hasOwn(columns, name));
  if (stranger !== undefined) return { wrong: `there is no column ${JSON.stringify(stranger)}` };
  const row: Record<string, unknown> = {};
  for (const [name, column] of Object.entries(columns)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    const absent = value === undefined || value === null;
    const wrong = absent ? (column.optional ? '' : 'is missing') : wrongWith(column, value);
    if (wrong) return { wrong: `${name} ${wrong}` };
    if (!absent) row[name] = value;
  }
  return { row: row as RowOf<T> };
}

/** @returns '' if nothing is */
function wrongWith({ type, signed, below = Number.POSITIVE_INFINITY, oneOf }: Column, value: unknown): string {
  if (type === 'bool') return typeof value === 'boolean' ? '' : 'is neither true nor false';
  if (type === 'int') {
    if (!Number.isSafeInteger(value)) return 'is no whole number';
    if (Number(value) >= below) return `is not less than ${below}`;
    return signed || Number(value) >= 0 ? '' : 'is below 0';
  }
  if (typeof value !== 'string') return 'is no text';
  if (type === 'day') return DAY.test(value) && !Number.isNaN(Date.parse(value)) ? '' : 'is no day';
  return !oneOf || oneOf.includes(value) ? '' : `has a value that there is not: ${JSON.stringify(value.slice(0, 40))}`;
}
