/** How far a version is with the connected trackers, in words. */
import type { ConfigConfirmed } from '../../../engine/protocol/administration.ts';

/** True once nobody is waited for. The answer may be of a node that has not heard of the version yet. */
export const isConfirmed = (answer: ConfigConfirmed, version: number): boolean =>
  answer.version === version && answer.confirmed >= answer.connected;

/** @param count writes a number */
export function confirmedWords(answer: ConfigConfirmed, version: number, count: (value: number) => string): string {
  const { connected } = answer;
  if (connected === 0) return `Version ${version} · no tracker is connected`;
  const confirmed = answer.version === version ? answer.confirmed : 0;
  return `Version ${version} · ${count(confirmed)} of ${count(connected)} connected ${connected === 1 ? 'tracker' : 'trackers'} confirmed`;
}
