/** What crosses between the store and its threads: calls one way, answers the other. */
import type { ErrorCode } from '../../errors/errors.ts';

/** Methods that a thread answers, by name. */
export type Methods<C> = { readonly [N in keyof C]: (...args: never[]) => unknown };

/** One call of one of them. */
export type Call<C extends Methods<C>> = {
  [N in keyof C]: { readonly id: number; readonly name: N; readonly args: Parameters<C[N]> };
}[keyof C];

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string } };

/** First message of a thread: the file is open, or why it is not. */
export type Opened = { readonly opened: true } | { readonly opened: false; readonly code: ErrorCode; readonly message: string };

/** Last message to a thread: finish what came before, close the file, exit. */
export const CLOSE = 'close';
export type ToThread<C extends Methods<C>> = Call<C> | typeof CLOSE;
