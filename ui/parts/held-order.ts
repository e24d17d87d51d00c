/** Nothing moves under the pointer: while somebody points at a list, its order stays and what is new waits. */
import { useRef } from 'preact/hooks';

/** @returns the order to show, and how many rows wait for their place */
export function holdOrder(
  shown: readonly string[],
  latest: readonly string[],
  isHeld: boolean,
): { readonly order: readonly string[]; readonly waiting: number } {
  if (!isHeld || shown.length === 0) return { order: latest, waiting: 0 };
  const known = new Set(shown);
  return { order: shown, waiting: latest.reduce((count, key) => count + (known.has(key) ? 0 : 1), 0) };
}

/**
 * `holdOrder` over renders.
 * @param scope when it changes (another filter, another page of rows), the latest order is taken at once
 */
export function useHeldOrder(latest: readonly string[], isHeld: boolean, scope: string): ReturnType<typeof holdOrder> {
  const shown = useRef<{ order: readonly string[]; scope: string }>({ order: [], scope });
  const held = holdOrder(shown.current.order, latest, isHeld && shown.current.scope === scope);
  shown.current = { order: held.order, scope };
  return held;
}
