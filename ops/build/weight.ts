/** What a page pays for the tracker: the bytes of each file, and the most that they may be. */
import { brotliCompressSync } from 'node:zlib';
import { CORE_FILE } from './tracker.ts';

/** Brotli bytes of the core: everything that is not loaded on demand. */
export const CORE_MAX_BYTES = 7_000;
/** Brotli bytes of each file that is loaded on demand, by the beginning of its name. */
export const EXTRA_MAX_BYTES = {
  'datalab-extra': 6_800,
  'datalab-vitals': 4_000,
  'datalab-recorder': 23_000,
  'datalab-debug': 3_000,
  'datalab-polls': 1_000,
} as const;

export type Weight = { readonly file: string; readonly bytes: number; readonly brotliBytes: number; readonly maxBytes: number };

/** @param files file name → code, as buildTracker gives them */
export function weigh(files: ReadonlyMap<string, string>): readonly Weight[] {
  return [...files].map(([file, code]) => ({
    file,
    bytes: Buffer.byteLength(code),
    brotliBytes: brotliCompressSync(code).length,
    maxBytes: maxBytesOf(file),
  }));
}

/** A file without a limit may weigh nothing. */
function maxBytesOf(file: string): number {
  if (file === CORE_FILE) return CORE_MAX_BYTES;
  return Object.entries(EXTRA_MAX_BYTES).find(([name]) => file.startsWith(name))?.[1] ?? 0;
}

/** A table of the weights, for a terminal. */
export function tableOf(weights: readonly Weight[]): string {
  const rows = [
    ['file', 'bytes', 'brotli', 'limit', ''],
    ...weights.map(({ file, bytes, brotliBytes, maxBytes }) => [
      file,
      ...[bytes, brotliBytes, maxBytes].map((value) => value.toLocaleString('en')),
      brotliBytes > maxBytes ? `${(brotliBytes - maxBytes).toLocaleString('en')} too many` : '',
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const cell = (text: string, column: number) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0));
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}
