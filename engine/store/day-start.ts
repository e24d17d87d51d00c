import { DatalabError } from '../errors/errors.ts';
import { dayOf } from '../rollup/rollups.ts';

/** When a UTC day begins, epoch ms. @param day `YYYY-MM-DD` @throws DatalabError `query-invalid` when it is no day */
export function dayStartMs(day: string): number {
  const startMs = Date.parse(day);
  if (Number.isNaN(startMs) || dayOf(startMs) !== day) throw new DatalabError('query-invalid', `${day} is no day: YYYY-MM-DD.`);
  return startMs;
}
