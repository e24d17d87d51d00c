/**
 * Rollup changes as one run of bytes: how a commit keeps them until they are added up, whichever store it is. Counts are
 * varints; sums and weights are zigzag varints of their rounded value, so that a correction may take away.
 *
 *     version 1 · n changes · { rollup · key strings in ROLLUPS' order · sums in ROLLUPS' order }
 *               · n grids   · { key strings · n cells · { cell − cell before it · weight } }
 */
import { Reader } from '../protocol/codec/reader.ts';
import { Writer } from '../protocol/codec/writer.ts';
import { addHeat, type HeatGrid, type HeatKey } from './heat.ts';
import { ROLLUPS, type RollupChange } from './rollups.ts';
import type { RollupTotals } from './totals.ts';

export type RollupChanges = { readonly rollups: readonly RollupChange[]; readonly heat: readonly HeatGrid[] };

const VERSION = 1;
/** In this order for ever: bytes name a rollup by its place. New ones are appended. */
const PLAIN = ['page', 'target', 'step', 'dimension'] as const satisfies readonly RollupChange['rollup'][];
const HEAT_KEY = ['app', 'day', 'url', 'widthClass', 'layer'] as const satisfies readonly (keyof HeatKey)[];
const NOTHING = new Uint8Array();

/** @returns no bytes at all when nothing changes */
export function packChanges({ rollups, heat }: RollupChanges): Uint8Array {
  if (rollups.length === 0 && heat.length === 0) return NOTHING;
  const out = new Writer();
  out.byte(VERSION);
  out.uint(rollups.length);
  for (const { rollup, key, add } of rollups) {
    out.byte(PLAIN.indexOf(rollup));
    const columns: Readonly<Record<string, string | number>> = { ...key, ...add };
    for (const column of ROLLUPS[rollup].key) out.text(String(columns[column]));
    for (const column of ROLLUPS[rollup].sums) out.int(Number(columns[column] ?? 0));
  }
  out.uint(heat.length);
  for (const { key, cells, weights } of heat) {
    for (const column of HEAT_KEY) out.text(key[column]);
    out.uint(cells.length);
    let before = 0;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] ?? 0;
      out.uint(cell - before);
      out.int(weights[i] ?? 0);
      before = cell;
    }
  }
  return out.finish();
}

/** Undoes packChanges. For bytes from our own store. @throws Error when they are not of this format or of a newer version */
export function unpackChanges(bytes: Uint8Array): RollupChanges {
  const rollups: RollupChange[] = [];
  const heat: HeatGrid[] = [];
  walk(bytes, {
    change: (change) => rollups.push(change),
    grid(key, length, next) {
      const cells = new Uint32Array(length);
      const weights = new Float64Array(length);
      for (let i = 0; i < length; i++) {
        cells[i] = next.cell();
        weights[i] = next.weight();
      }
      heat.push({ key, cells, weights });
    },
  });
  return { rollups, heat };
}

/** Adds packed changes to others, with nothing in between. @throws Error as unpackChanges does */
export function addPackedChanges(totals: RollupTotals, bytes: Uint8Array): void {
  walk(bytes, {
    change: (change) => totals.add(change),
    grid(key, length, next) {
      const cells = totals.heat(key);
      for (let i = 0; i < length; i++) addHeat(cells, next.cell(), next.weight());
    },
  });
}

/** What is met on the way through packed changes. `grid` has to take each of its cells: `cell`, then `weight`. */
type Walker = {
  readonly change: (change: RollupChange) => void;
  readonly grid: (key: HeatKey, length: number, next: { cell(): number; weight(): number }) => void;
};

function walk(bytes: Uint8Array, { change, grid }: Walker): void {
  if (bytes.length === 0) return;
  const reader = new Reader(bytes);
  const version = reader.byte();
  if (version !== VERSION) throw new Error(`rollup changes of version ${version} are not known here`);
  const text = () => reader.text(bytes.length);
  for (let left = reader.uint(); left > 0; left--) {
    const rollup = PLAIN[reader.byte()] ?? 'page';
    const key = Object.fromEntries(ROLLUPS[rollup].key.map((column) => [column, text()]));
    const add = Object.fromEntries(ROLLUPS[rollup].sums.map((column) => [column, reader.int()]));
    change({ rollup, key, add } as unknown as RollupChange);
  }
  for (let left = reader.uint(); left > 0; left--) {
    const key = { app: text(), day: text(), url: text(), widthClass: text(), layer: text() };
    let cell = 0;
    grid(key, reader.uint(), {
      cell: () => {
        cell += reader.uint();
        return cell;
      },
      weight: () => reader.int(),
    });
  }
}
