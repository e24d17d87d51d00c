/**
 * Names of fields as MongoDB takes them. To the server `$ref` is an operator and `a.b` a path, `_bsontype` makes the driver write
 * something other than an object, and no name may hold a zero byte. Those characters are written as in an address: `$` is `%24`.
 */
import type { PlainObject } from './plain-value.ts';

/** A value with its names made harmless; `plainKeys` takes it back. */
export function bsonKeys(value: PlainObject): PlainObject {
  return renamed(value, (key) => key.replaceAll(/[$.%\0]|^_bsontype$/g, escaped));
}

export function plainKeys(value: PlainObject): PlainObject {
  return renamed(value, (key) => key.replaceAll(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))));
}

function escaped(found: string): string {
  return `%${found.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}${found.slice(1)}`;
}

function renamed(value: PlainObject, rename: (key: string) => string): PlainObject {
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [rename(key), renamedIn(field, rename)]));
}

function renamedIn(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamedIn(item, rename));
  // Not what an administrator may have put there by hand, a date for instance.
  const isObject = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isObject ? renamed(value as PlainObject, rename) : value;
}
