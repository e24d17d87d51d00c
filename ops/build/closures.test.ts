import { expect, test } from 'vitest';
import { classesToClosures } from './closures.ts';

/** Runs a class's code as it is and as a closure. */
function both(code: string, use: string): readonly unknown[] {
  return [code, classesToClosures(code)].map((text) => new Function(`${text}; return ${use};`)());
}

test('fields, accessors, methods and a constructor that returns early do the same', () => {
  const box = `class Box {
    #n = 1;
    #parts;
    constructor(by, stop = false) { this.#parts = [by]; if (stop) return; this.grow(by); }
    get n() { return this.#n; }
    get parts() { return this.#parts; }
    grow(by) { const n = this.#n; this.#set(n + by); return this; }
    #set(n) { this.#n = n; }
  }`.replace('return this;', '');
  for (const use of [
    'new Box(4).n',
    'new Box(4, true).n',
    'new Box(7).parts[0]',
    '(() => { const b = new Box(1); b.grow(5); return b.n; })()',
  ]) {
    const [asClass, asClosure] = both(box, use);
    expect(asClosure).toBe(asClass);
  }
});

test('two objects of one class share nothing', () => {
  const counter = 'class Counter { #n = 0; add() { return ++this.#n; } }';
  const use = '(() => { const a = new Counter(); const b = new Counter(); a.add(); return [a.add(), b.add()]; })()';
  expect(both(counter, use)).toEqual([
    [2, 1],
    [2, 1],
  ]);
});

test('class expressions are turned, classes that extend others are left alone', () => {
  expect(both('const Box = class { #n = 3; get n() { return this.#n; } };', 'new Box().n')).toEqual([3, 3]);
  const error = 'class Odd extends Error { name = "Odd"; }';
  expect(classesToClosures(error)).toBe(error);
});

test.each([
  ['a public field', 'class A { n = 1; }'],
  ['a static member', 'class A { static of() {} }'],
  ['a “this” that is passed on', 'class A { #n = 1; give(to) { to(this); } }'],
])('%s ends the build', (_name, code) => {
  expect(() => classesToClosures(code)).toThrow('closures: A');
});
