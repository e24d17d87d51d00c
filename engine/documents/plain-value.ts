import { DatalabError } from '../errors/errors.ts';

/** Any JSON object. */
export type PlainObject = { readonly [key: string]: unknown };

/** Far below the 100 levels of a MongoDB document. */
const DEPTH_MAX = 50;
/** Small documents: a larger one is a mistake, and would be slow to read as a whole. */
const VALUE_MAX_CHARS = 1024 * 1024;

/**
 * A copy of a value that is nothing but JSON: what every store gives back as it was. Keys that are undefined are left out, and so is
 * `__proto__`: whoever copies the value with Object.assign would get another prototype by it.
 * @throws DatalabError `query-invalid` for a function, a Date, NaN, half a surrogate pair, what is too deep (a circle, too) or too long
 */
export function plainValue(value: unknown): PlainObject {
  if (!isPlainObject(value)) refuse('is not a plain object');
  const copy = copyObject(value, 0);
  if (JSON.stringify(copy).length > VALUE_MAX_CHARS) refuse(`is longer than ${VALUE_MAX_CHARS} characters`);
  return copy;
}

function copyObject(value: PlainObject, depth: number): PlainObject {
  const kept = Object.entries(value).filter(([key, field]) => field !== undefined && key !== '__proto__');
  return Object.fromEntries(kept.map(([key, field]) => [text(key), copyOf(field, depth + 1)]));
}

function copyOf(value: unknown, depth: number): unknown {
  if (depth > DEPTH_MAX) refuse(`is more than ${DEPTH_MAX} deep`);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return text(value);
  // JSON has no −0.
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : refuse(`holds ${value}`);
  // Array.from: the holes of an array are undefined, and refused.
  if (Array.isArray(value)) return Array.from(value, (item) => copyOf(item, depth + 1));
  return isPlainObject(value) ? copyObject(value, depth) : refuse('holds what is not JSON');
}

/** False for half a surrogate pair: MongoDB would store another character in its place. */
export function isWellFormed(value: string): boolean {
  return !/\p{Surrogate}/u.test(value);
}

function text(value: string): string {
  return isWellFormed(value) ? value : refuse('holds half a surrogate pair');
}

function isPlainObject(value: unknown): value is PlainObject {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function refuse(why: string): never {
  throw new DatalabError('query-invalid', `The document ${why}.`);
}
