import type { RowWriter } from './format.ts';
import type { Sink } from './sink.ts';
import type { Row } from './tables.ts';

const PIECE_CHARS = 262_144;
/** Rows made to text at once: bounds what stands in memory twice. */
const ROWS_AT_ONCE = 500;

/** Writes rows as text. @param head stands before them @param toText of some rows, line ends included */
export function textWriter(sink: Sink, head: string, toText: (rows: readonly Row[]) => string): RowWriter {
  let waiting = head;
  const flush = async () => {
    const piece = waiting;
    waiting = '';
    if (piece !== '') await sink.write(piece);
  };
  return {
    async write(rows) {
      for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
        waiting += toText(rows.slice(from, from + ROWS_AT_ONCE));
        if (waiting.length >= PIECE_CHARS) await flush();
      }
    },
    async close() {
      await flush();
      return sink.close();
    },
  };
}
