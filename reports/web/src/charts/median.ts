// The middle of a few values, and how far off it may be.

export interface Median {
  value: number;
  /** Holds the true median with at least 90 %; null when there are too few values for that. */
  interval: [number, number] | null;
}

/** As few values as can give an interval: 1 - 2 / 2^5 is 93.75 %. */
export const intervalRunsMin = 5;

const missMax = 0.05; // On either side.

/**
 * The k-th value from either end of `n`, k from 1, as far in as 90 % allow; 0 when none does.
 * Source: Hahn & Meeker, "Statistical Intervals" (1991), ch. 5 (binomial coverage).
 */
function rankFromEnd(n: number): number {
  let logTerm = -n * Math.LN2; // Of no value below the median.
  let below = Math.exp(logTerm);
  let rank = 0;
  while (below <= missMax && rank < n / 2) {
    rank += 1;
    logTerm += Math.log((n - rank + 1) / rank);
    below += Math.exp(logTerm);
  }
  return rank;
}

/** Of at least one value. */
export function medianOf(values: number[]): Median {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  const at = (i: number): number => sorted[i] ?? 0;
  const value = (at(Math.floor((n - 1) / 2)) + at(Math.ceil((n - 1) / 2))) / 2;
  const rank = rankFromEnd(n);
  return { value, interval: rank === 0 ? null : [at(rank - 1), at(n - rank)] };
}
