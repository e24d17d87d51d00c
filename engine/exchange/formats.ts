import { csv } from './csv.ts';
import type { Format } from './format.ts';
import { jsonLines } from './json-lines.ts';
import { parquet } from './parquet.ts';

/** The formats by the name under which a person asks for one. */
export const FORMATS = { csv, jsonl: jsonLines, parquet } as const satisfies Record<string, Format>;
export type FormatName = keyof typeof FORMATS;
