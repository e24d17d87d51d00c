/** What of a configuration a schema cannot check. */
import { DatalabError } from '../../../engine/errors/errors.ts';
import type { AppConfig } from '../../../engine/protocol/administration.ts';

const PAIRS: Readonly<Record<string, string>> = { ']': '[', ')': '(' };

/** @throws DatalabError `query-invalid` that names the field */
export function requireSoundConfig({ mask, block, targetAttribute, goals }: AppConfig): void {
  if (targetAttribute !== '' && !/^[a-z][a-z0-9-]*$/.test(targetAttribute))
    throw invalid('targetAttribute', `“${targetAttribute}” is no name of an attribute`);
  requireSelector('mask', mask);
  requireSelector('block', block);
  for (const { name, by, match } of goals) if (by === 'target') requireSelector(`the goal ${name}`, match);
}

/** As far as one can tell without a page: trackers try it, and say so where it is none. */
function requireSelector(field: string, selector: string): void {
  const open: string[] = [];
  let quote = '';
  for (const char of selector) {
    if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if ('[('.includes(char)) open.push(char);
    else if (char in PAIRS && open.pop() !== PAIRS[char]) throw invalid(field, `“${char}” closes nothing`);
    else if ('{}<;'.includes(char)) throw invalid(field, `“${char}” stands in no selector`);
  }
  if (quote !== '' || open.length > 0) throw invalid(field, `“${quote || open.at(-1)}” is not closed`);
  if (selector.split(',').some((part) => part.trim() === '') && selector !== '') throw invalid(field, 'there is nothing beside a comma');
}

const invalid = (field: string, why: string) => new DatalabError('query-invalid', `${field}: ${why}.`);
