/** One ramp for heat, in both themes: transparent at nothing, then violet to yellow with even steps of lightness. */

/** Red, green, blue 0–255, alpha 0–1. */
export type Rgba = readonly [red: number, green: number, blue: number, alpha: number];

/** Plasma (Smith and van der Walt), sampled evenly: lightness rises evenly, for the colour-blind as well. */
const STOPS: readonly (readonly [number, number, number])[] = [
  [70, 3, 159],
  [114, 1, 168],
  [156, 23, 158],
  [189, 55, 134],
  [216, 87, 107],
  [237, 121, 83],
  [251, 159, 58],
  [253, 202, 38],
  [240, 249, 33],
];

/** Below this share the colour fades in, so that heat has no hard edge. */
const FADE_SHARE = 0.25;
const ALPHA_MAX = 0.92;

/** @param ratio 0 (nothing) … 1 (the hottest) */
export function rampColor(ratio: number): Rgba {
  const share = Math.min(1, Math.max(0, ratio));
  const place = share * (STOPS.length - 1);
  const low = STOPS[Math.floor(place)] ?? [0, 0, 0];
  const high = STOPS[Math.ceil(place)] ?? low;
  const part = place - Math.floor(place);
  const mix = (channel: 0 | 1 | 2) => Math.round(low[channel] + (high[channel] - low[channel]) * part);
  return [mix(0), mix(1), mix(2), ALPHA_MAX * Math.min(1, share / FADE_SHARE)];
}

/** The share of cells that are at the top of the ramp: one pointer left lying must not drown the page. */
const TOP_SHARE = 0.01;

/** The weight that is drawn hottest; heavier cells look the same. 0 where there is no heat. */
export function hottestWeight(weights: Iterable<number>): number {
  const sorted = [...weights].filter((weight) => weight > 0).sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * (1 - TOP_SHARE))] ?? 0;
}

/** Attention has a long tail: the root keeps the middle apart. */
export function heatRatio(weight: number, hottest: number): number {
  return hottest <= 0 ? 0 : Math.sqrt(Math.min(1, Math.max(0, weight) / hottest));
}
