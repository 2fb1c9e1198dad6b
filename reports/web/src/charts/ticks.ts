// Where ticks stand, so that every chart reads in round numbers.

/** Round numbers, 1, 2, 5 x 10^k or coarser, from `low` to `high`: at most `most` of them. */
export function logTicks(low: number, high: number, most: number): number[] {
  for (const factors of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = decadeTicks(low, high, factors);
    if (ticks.length >= 3 && ticks.length <= most) {
      return ticks;
    }
  }
  const decades = decadeTicks(low, high, [1]);
  if (decades.length <= most) {
    return linearTicks(low, high, most);
  }
  const step = Math.ceil(decades.length / most);
  return decades.filter((_, i) => i % step === 0);
}

function decadeTicks(low: number, high: number, factors: number[]): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
    for (const factor of factors) {
      const tick = factor * 10 ** power;
      if (tick >= low && tick <= high) {
        ticks.push(tick);
      }
    }
  }
  return ticks;
}

export function linearTicks(low: number, high: number, most: number): number[] {
  const raw = (high - low) / Math.max(most, 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10);
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high * (1 + 1e-9); tick += step) {
    ticks.push(+tick.toPrecision(12));
  }
  return ticks;
}

/** The range of a latency axis, and whether it is logarithmic: it is when values span decades. */
export function latencyRange(values: number[]): { low: number; high: number; log: boolean } {
  const positive = values.filter((value) => value > 0);
  const low = Math.min(...positive);
  const high = Math.max(...positive);
  return high / low > 12
    ? { low: low / 1.25, high: high * 1.25, log: true }
    : { low: 0, high: high * 1.08, log: false };
}
