import type { Configured, ControlChange, ControlEntry } from '../../engine/protocol/control.ts';
import type { TrackerConfig } from '../../engine/protocol/hello.ts';

/** Changes of one session that are kept; beyond, the oldest are forgotten. */
export const CONTROLS_KEPT = 50;

type Entry = { -readonly [K in keyof ControlEntry]: ControlEntry[K] } & { readonly revision: number };

/** How a session is wanted to be captured, and the log of what was changed of it. */
export class Controls {
  #config: TrackerConfig;
  #log: Entry[] = [];

  constructor(config: TrackerConfig) {
    this.#config = config;
  }

  /** What its tracker is told. */
  get config(): TrackerConfig {
    return this.#config;
  }

  /** Oldest first, without what is ours alone. */
  get log(): readonly ControlEntry[] {
    return this.#log.map(({ revision: _, ...entry }) => entry);
  }

  /** Wants it captured otherwise. The revision is a time, so that those of another node's memory of this session are others. */
  change(change: ControlChange, by: string, nowMs: number): void {
    const revision = Math.max(this.#config.revision + 1, nowMs);
    this.#config = { ...this.#config, ...change, revision };
    this.#add({ atMs: nowMs, by, what: 'change', change, revision });
  }

  /** Wants it to end. */
  end(by: string, nowMs: number): void {
    this.#add({ atMs: nowMs, by, what: 'end', revision: Number.POSITIVE_INFINITY });
  }

  /** The tracker said how it captures: that confirms every change up to its revision. */
  confirmed({ revision, moveSampleMs, recording, paused, mask }: Configured, nowMs: number): void {
    const applied = { moveSampleMs, recording: recording === 1, paused: paused === 1, mask };
    for (const entry of this.#log) {
      if (entry.revision > revision || entry.confirmedMs !== undefined) continue;
      entry.confirmedMs = nowMs;
      entry.applied = applied;
    }
  }

  /** The tracker said goodbye after it was told to end. */
  ended(nowMs: number): void {
    const end = this.#log.findLast(({ what }) => what === 'end');
    if (end) end.confirmedMs ??= nowMs;
  }

  #add(entry: Entry): void {
    this.#log.push(entry);
    if (this.#log.length > CONTROLS_KEPT) this.#log.shift();
  }
}
