import type { RollupChange } from './rollups.ts';

/** What is known of a session from its hello, as far as counts are kept by it. */
export type Facts = {
  readonly app: string;
  readonly device: string;
  /** Name without version, e.g. `Firefox`. */ readonly browser: string;
  readonly os: string;
  /** BCP 47, e.g. `de-AT`; '' if unknown. */ readonly language: string;
  /** Address of the page before the entry page, without query and fragment; '' if none or own. */ readonly referrer: string;
  /** Like `1920×1080`; '' if unknown. */ readonly screen: string;
};

/** The dimensions of a session and its value in each. Unknown is '', and is counted like any other value. */
export function dimensionsOf(facts: Facts): readonly (readonly [dimension: string, value: string])[] {
  return [
    ['device', facts.device],
    ['browser', facts.browser],
    ['os', facts.os],
    ['language', facts.language],
    ['referrer', hostOf(facts.referrer)],
    ['screen', facts.screen],
  ];
}

/**
 * What a new visit adds: one visit, and one visitor if this is the visitor's first, in every dimension.
 * @param day the day the visit began
 */
export function newVisitChanges(facts: Facts, day: string, isNewVisitor: boolean): RollupChange[] {
  const add = { visits: 1, visitors: isNewVisitor ? 1 : 0 };
  return dimensionsOf(facts).map(([dimension, value]) => ({ rollup: 'dimension', key: { app: facts.app, day, dimension, value }, add }));
}

function hostOf(address: string): string {
  return URL.parse(address)?.host ?? '';
}
