/**
 * What the core lends to its extra, so that no page loads the same code twice. An extra imports these functions from where
 * they stand, as all code does; its build puts what it was lent in their place (ops/build/tracker.ts).
 */
import { EVENTS } from '../engine/protocol/events.ts';
import { elementOf, pointOf } from './capture/early.ts';
import { type Emit, type Env, later, listen, type Stop, whenIdle } from './capture/env.ts';
import { stripAddress } from './capture/page.ts';
import type { Point } from './capture/point.ts';
import { privacy } from './capture/privacy.ts';

export const SHARED = { EVENTS, elementOf, pointOf, later, listen, whenIdle, stripAddress, privacy };

/** What the extra's module exports. `share` is called once before `start`. */
export type ExtraModule = { share(shared: typeof SHARED): void; start(emit: Emit, env: Env, early: readonly Point[]): Stop };
