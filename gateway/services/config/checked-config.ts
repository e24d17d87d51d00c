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

/**
 * As far as one can tell without a page: trackers try it, and say so where it is none.
 * @throws DatalabError `query-invalid`
 */
function requireSelector(field: string, selector: string): void {
  if (selector === '') return;
  const open: string[] = [];
  let quote = '';
  /** The last character of the selector so far that is no space; '' where one begins. */
  let last = '';
  for (let at = 0; at < selector.length; at++) {
    const char = selector[at] ?? '';
    if (char === '\\') {
      if (++at >= selector.length) throw invalid(field, 'it ends in the middle of an escape');
      last = 'x';
    } else if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") {
      quote = char;
      last = char;
    } else if (char === ',' && open.length === 0) {
      requireEnd(field, last);
      last = '';
    } else {
      if ('{}<;'.includes(char)) throw invalid(field, `“${char}” stands in no selector`);
      if ('[('.includes(char)) open.push(char);
      else if (char in PAIRS && open.pop() !== PAIRS[char]) throw invalid(field, `“${char}” closes nothing`);
      if (/[.#]/.test(last) && !/[\w\u0080-\uffff-]/.test(char)) throw invalid(field, `a name is missing after “${last}”`);
      if (char.trim() !== '') last = char;
    }
  }
  if (quote !== '' || open.length > 0) throw invalid(field, `“${quote || open.at(-1)}” is not closed`);
  requireEnd(field, last);
}

function requireEnd(field: string, last: string): void {
  if (last === '') throw invalid(field, 'there is nothing beside a comma');
  if ('>+~.#:'.includes(last)) throw invalid(field, `it ends in “${last}”`);
}

const invalid = (field: string, why: string) => new DatalabError('query-invalid', `${field}: ${why}.`);
