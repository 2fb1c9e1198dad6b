// Quantiles of a percentile spectrum, and how sure they are.
import type { Curve } from "../data";

/** As many requests beyond a quantile as make its interval more than a guess. */
export const beyondMin = 10;

/** Holds with 95 %; of two sides that are set against each other both do with at least 90 %. */
const z = 1.96;

/** Where point i stands: log10(1 / (1 - q)). */
export function xOf(curve: Curve, i: number): number {
  return (Math.log10(curve.count) * i) / Math.max(curve.v.length - 1, 1);
}

/** The place from which on values are lower bounds. */
export function boundFrom(curve: Curve): number {
  return curve.bound_from === null ? Infinity : xOf(curve, Math.max(curve.bound_from - 1, 0));
}

/** The curve's value at x = log10(1 / (1 - q)), straight between its points. */
export function valueAt(curve: Curve, x: number): number {
  const last = curve.v.length - 1;
  const place = Math.min(Math.max((x / xOf(curve, last)) * last, 0), last);
  const i = Math.min(Math.floor(place), last - 1);
  const [below = 0, above = 0] = [curve.v[i], curve.v[i + 1]];
  return below + (above - below) * (place - i);
}

/**
 * The interval of a quantile by order statistics, whose ranks are n q -+ z sqrt(n q (1 - q)).
 * Source: Hahn & Meeker, "Statistical Intervals" (1991), ch. 5, in the normal approximation.
 */
export function intervalAt(curve: Curve, x: number): [number, number] {
  const beyond = 10 ** -x;
  const reach = z * Math.sqrt((beyond * (1 - beyond)) / curve.count);
  const at = (share: number): number =>
    valueAt(curve, -Math.log10(Math.min(Math.max(share, 1 / curve.count), 1)));
  return [at(beyond + reach), at(beyond - reach)];
}

