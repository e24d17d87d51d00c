import type { PageContext } from '../../engine/protocol/events.ts';

/** The pointer on a page: page coordinates in CSS pixels, epoch ms, and what lay under it. */
export type Point = {
  readonly x: number;
  readonly y: number;
  readonly atMs: number;
  readonly page: PageContext;
  readonly element: unknown;
  /** What told of it: among what came early, it may also be an error, which has no place. */ readonly event: globalThis.Event;
};
