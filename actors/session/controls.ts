import type { Configured, ControlChange, ControlEntry } from '../../engine/protocol/control.ts';
import type { TrackerConfig } from '../../engine/protocol/hello.ts';

/** Changes of one session that are kept; beyond, the oldest are forgotten. */
export const CONTROLS_KEPT = 50;

type Entry = { -readonly [K in keyof ControlEntry]: ControlEntry[K] } & { readonly revision: number };

/** How a session is wanted to be captured, and the log of what was changed of it. */
export class Controls {
  /** The app's. */
  #base: TrackerConfig;
  /** What operators changed of this session alone. */
  #changes: ControlChange = {};
  #config: TrackerConfig;
  /** Revision of what the tracker said last. */
  #saidRevision = 0;
  #log: Entry[] = [];

  constructor(config: TrackerConfig) {
    this.#base = config;
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
    this.#changes = { ...this.#changes, ...change };
    const revision = Math.max(this.#config.revision + 1, nowMs);
    this.#mix(revision);
    this.#add({ atMs: nowMs, by, what: 'change', change, revision });
  }

  /** The app is captured otherwise now; what operators changed of this session stays. @returns false if nothing is other than before */
  rebase(base: TrackerConfig): boolean {
    if (base.revision === this.#base.revision) return false;
    this.#base = base;
    this.#mix(Math.max(this.#config.revision + 1, base.revision));
    return true;
  }

  /** What is wanted of this session, as operators change it. */
  get wanted(): ControlChange {
    const { moveSampleMs, recording, paused } = this.#config;
    return { moveSampleMs, recording, paused, mask: this.#changes.mask ?? '' };
  }

  /** True once the tracker said that it captures like this. Before the first change there is nothing to say. */
  get isConfirmed(): boolean {
    return this.#config.revision === 0 || this.#saidRevision >= this.#config.revision;
  }

  /** Wants it to end. */
  end(by: string, nowMs: number): void {
    this.#add({ atMs: nowMs, by, what: 'end', revision: Number.POSITIVE_INFINITY });
  }

  /** The tracker said how it captures: that confirms every change up to its revision. */
  confirmed({ revision, moveSampleMs, recording, paused, mask }: Configured, nowMs: number): void {
    this.#saidRevision = revision;
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

  #mix(revision: number): void {
    const mask = [this.#base.mask, this.#changes.mask].filter(Boolean).join(',');
    this.#config = { ...this.#base, ...this.#changes, mask, revision };
  }

  #add(entry: Entry): void {
    this.#log.push(entry);
    if (this.#log.length > CONTROLS_KEPT) this.#log.shift();
  }
}
