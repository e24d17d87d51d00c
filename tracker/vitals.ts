/**
 * datalab-vitals.js: the web vitals of a page (package web-vitals). Loaded by the extra where the server asks for them. It knows
 * nothing of the tracker: the package begins once in a document's life and never ends, while who wants to know comes and goes.
 */
import { type Metric, onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals';

/** Takes a vital whenever it changes: CLS without unit, the others in milliseconds. */
export type TakeVital = (name: Metric['name'], value: number) => void;

const takers = new Set<TakeVital>();
const latest = new Map<Metric['name'], number>();

for (const on of [onCLS, onFCP, onINP, onLCP, onTTFB]) {
  on(
    ({ name, value }) => {
      latest.set(name, value);
      for (const take of takers) take(name, value);
    },
    { reportAllChanges: true },
  );
}

/** Tells what is known and what comes. @returns ends it */
export function watchVitals(take: TakeVital): () => void {
  takers.add(take);
  for (const [name, value] of latest) take(name, value);
  return () => takers.delete(take);
}
