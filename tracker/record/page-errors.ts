type Method = (this: object, ...args: unknown[]) => unknown;

/** The page's methods that rrweb wraps so that it catches what they throw. */
const WRAPPED = [
  ['CSSStyleSheet', ['insertRule', 'deleteRule', 'replace', 'replaceSync', 'addRule', 'removeRule']],
  ['CSSGroupingRule', ['insertRule', 'deleteRule']],
  ['CSSStyleDeclaration', ['setProperty', 'removeProperty']],
] as const;

export type PageErrors = { readonly has: (error: unknown) => boolean; readonly end: () => void };

/** Remembers what the page's own calls of these throw: the page must get it, as it would without a recorder. Begun before rrweb's. */
export function keepPageErrors(): PageErrors {
  const thrown = new WeakSet<object>();
  const undo: (() => void)[] = [];
  for (const [name, methods] of WRAPPED) {
    const prototype = (globalThis as unknown as Record<string, { readonly prototype: Record<string, Method> } | undefined>)[name]
      ?.prototype;
    for (const method of prototype ? methods : []) {
      const original = prototype?.[method];
      if (!prototype || !original) continue;
      prototype[method] = function (...args) {
        try {
          return original.apply(this, args);
        } catch (error) {
          thrown.add(error as object);
          throw error;
        }
      };
      undo.push(() => {
        prototype[method] = original;
      });
    }
  }
  return {
    has: (error) => typeof error === 'object' && error !== null && thrown.has(error),
    end() {
      for (const each of undo) each();
    },
  };
}
