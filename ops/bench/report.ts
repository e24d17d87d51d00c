/** A run's progress and figures, in the terminal and in README.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform } from 'node:os';

const END = '<!-- end -->';

/** What it is measured on, and what else that does: processes that want a core, over the last minute. To be asked before the run. */
export function machineNow(): string {
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `${availableParallelism()} cores (${cpus()[0]?.model.trim() || 'unnamed'}), ${platform()} ${arch()}, Node ${process.versions.node}, load ${load} before`;
}

/** @param steps of the whole run @returns says on stderr how many are done, and what comes next */
export function progress(steps: number): (done: number, next: string) => void {
  return (done, next) => {
    const bar = '█'.repeat(Math.round((done / steps) * 20)).padEnd(20, '░');
    const line = process.stderr.isTTY ? `\r${bar} ${next.padEnd(40)}` : `${done}/${steps} ${next}\n`;
    process.stderr.write(process.stderr.isTTY && done === steps ? `${line}\n` : line);
  };
}

/** The middle one of an odd number of values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Rows of equal length as a Markdown table; all columns but the first are numbers. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/**
 * Puts text between a benchmark's markers in a file; everything else of it stays.
 * @param writer the benchmark, which its markers name @throws Error when the file has none of it
 */
export function writeBetweenMarkers(file: URL, writer: string, text: string): void {
  const before = readFileSync(file, 'utf8');
  const marker = `<!-- begin: written by ${writer} -->`;
  const begin = before.indexOf(marker);
  const end = before.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`${file.pathname} has no markers of ${writer} to write between`);
  writeFileSync(file, `${before.slice(0, begin + marker.length)}\n${text}\n${before.slice(end)}`);
}
