/**
 * What happens on a node, told to whoever listens. In one process this is a list of functions; a cluster puts a broker
 * behind the same two methods.
 */
import type { Session } from '../session/session.ts';
import type { Transition } from '../session/session-ports.ts';

export type BusMessage =
  /** An actor passed a transition. */
  | { readonly type: 'moved'; readonly session: Session; readonly transition: Transition }
  /** Something of these sessions and pages was committed. */
  | { readonly type: 'stored'; readonly sessions: readonly Session[]; readonly urls: readonly string[] };

export type Listener = (message: BusMessage) => void;

export class Bus {
  readonly #listeners = new Set<Listener>();
  readonly #failed: (error: unknown) => void;

  /** @param failed told what a listener threw: one listener never keeps the others from hearing */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  publish(message: BusMessage): void {
    for (const listener of this.#listeners) {
      try {
        listener(message);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  /** @returns stops listening */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
