/** What every behaviour in this folder is given: `start(emit, env) → stop`. */
import type { Event, EventOf, PageContext } from '../../engine/protocol/events.ts';
import type { TrackerConfig } from '../../engine/protocol/hello.ts';

import type { Guard } from './guard.ts';
import type { Point } from './point.ts';

/** Takes an event. @param page where it happened, if not on the page as it is now */
export type Emit = (event: Event, page?: PageContext) => void;

/** Ends a behaviour and takes back everything it did to the page. */
export type Stop = () => void;

/** What lies in the tab's storage: its id, what is left of its session, and the page before. */
export type TabKey = 'tab' | 'session' | 'page';

/** A place of its own in the tab's storage, which may be refused: then nothing is found. */
export type TabStore = { take(key: TabKey): string | null; put(key: TabKey, value: string): void };

/**
 * What hears one type of event on the page's window: one listener of the browser's for all of ours, as calling it costs more than what
 * it does. Frames of the same origin are given it, too, once the extra has found them (frames.ts).
 */
export type Heard = { readonly listener: EventListener; fns: readonly EventListener[] };

/** An element that the pointer came over, with the event that told so. `isHost`: it has an inside, through which the pointer goes untold. */
export type Over = { readonly element: unknown; readonly event: globalThis.Event; readonly isHost: boolean };

/** @param click what was reported @param element what it meant */
export type Judge = (click: EventOf<'click'>, element: Element, event: MouseEvent) => void;

export type Env = {
  readonly guard: Guard;
  /** The config has changed. The extra puts one in its place that applies what is not asked for each time. */ reconfigure: () => void;
  readonly store: TabStore;
  /** The server may change it at hello, so it is asked each time. */ config(): TrackerConfig;
  /** @param again reads it now, and writes its address as that is written now: also where it was given before */
  page(again?: boolean): PageContext;
  /**
   * Where a pointer is on the page, in CSS pixels, by what the browser knows already: nothing is laid out for it. The extra puts one in
   * its place that knows frames.
   */
  placeOf: (event: PointerEvent) => { readonly x: number; readonly y: number };
  /** By type. */ readonly heard: Map<string, Heard>;
  /** The latest first (click.ts). */ readonly overs: Over[];
  /** Moves that were heard and not looked at are looked at now (move.ts). */ drain: () => void;
  // What the extra's behaviours register in these is taken out when all of them stop.
  /** Take each place of the pointer's way. */ readonly ways: Set<(point: Point) => void>;
  /** Take each press, once it was reported. */ readonly judges: Set<Judge>;
  /** Behaviours that hold something back register here to let it go. */ readonly settlers: Set<() => void>;
};

/** Lets go of what behaviours hold back: before the address changes, the page hides or ends. One that fails keeps no other from it. */
export function settle(env: Env): void {
  for (const fn of env.settlers) env.guard(fn)();
}

/** Listens passively in the capture phase, so that no handler of the page can hide an event, and no event waits for us. */
export function listen<E extends globalThis.Event>(env: Env, target: EventTarget, type: string, fn: (event: E) => void): Stop {
  const guarded = env.guard(fn) as EventListener;
  const add = (listener: EventListener) => target.addEventListener(type, listener, OPTIONS);
  const remove = (listener: EventListener) => target.removeEventListener(type, listener, OPTIONS);
  if (target !== window) {
    add(guarded);
    return () => remove(guarded);
  }
  const heard: Heard = env.heard.get(type) ?? {
    fns: [],
    listener(event) {
      for (const each of heard.fns) each(event);
    },
  };
  if (heard.fns.length === 0) {
    env.heard.set(type, heard);
    add(heard.listener);
  }
  heard.fns = [...heard.fns, guarded];
  return () => {
    heard.fns = heard.fns.filter((each) => each !== guarded);
    if (heard.fns.length > 0) return;
    remove(heard.listener);
    env.heard.delete(type);
  };
}

const OPTIONS = { passive: true, capture: true };

/** Calls `fn` once, guarded. @returns cancels it */
export function later(env: Env, delayMs: number, fn: () => void): Stop {
  const timer = setTimeout(env.guard(fn), delayMs);
  return () => clearTimeout(timer);
}

/** Calls `fn` once when the page has nothing to do, after 2 s even if it has. @returns cancels it */
export function whenIdle(env: Env, fn: () => void): Stop {
  if (typeof requestIdleCallback === 'undefined') return later(env, 0, fn);
  const handle = requestIdleCallback(env.guard(fn), { timeout: 2_000 });
  return () => cancelIdleCallback(handle);
}
