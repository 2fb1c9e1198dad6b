// By how much each quantile of B is above that of A, with what these samples leave open.
import type { Curve } from "../data";
import { change, percentTick } from "../format";
import { beyondMin, boundFrom, intervalAt, valueAt } from "./quantiles";
import { figure, noData, type Axis, type Figure } from "./plot";
import { percentileAxis, percentileName } from "./spectrum";
import { linearTicks } from "./ticks";

const pointsPerDecade = 24;

export interface Difference {
  x: number[];
  ratio: number[];
  low: number[];
  high: number[];
}

type Span = [number, number];

/** By how much B is above A at most and at least, x as of xOf. */
function spanAt(a: Curve, b: Curve, x: number): Span {
  const [aLow, aHigh] = intervalAt(a, x);
  const [bLow, bHigh] = intervalAt(b, x);
  return [bLow / aHigh - 1, bHigh / aLow - 1];
}

/** How far from the median up there are requests enough on both sides, as x of xOf. */
function reach(a: Curve, b: Curve): number {
  const fewest = Math.min(a.count, b.count);
  const enough = fewest >= 2 * beyondMin && a.v.length > 1 && b.v.length > 1;
  return enough ? Math.min(Math.log10(fewest / beyondMin), boundFrom(a), boundFrom(b)) : 0;
}

/** The interval of a quantile's change from these requests alone; null where there are too few. */
export function changeSpan(a: Curve, b: Curve, q: number): Span | null {
  const x = -Math.log10(1 - q);
  const span = x <= reach(a, b) ? spanAt(a, b, x) : null;
  return span?.every(Number.isFinite) ? span : null;
}

/** From the median up, as far as both sides have requests enough. Null when that is nowhere. */
export function differenceOf(a: Curve, b: Curve): Difference | null {
  const end = reach(a, b);
  if (end <= Math.log10(2)) {
    return null;
  }
  const points = Math.max(Math.ceil(end * pointsPerDecade), 2);
  const out: Difference = { x: [], ratio: [], low: [], high: [] };
  for (let i = 0; i <= points; i++) {
    const x = Math.log10(1.1) + ((end - Math.log10(1.1)) * i) / points;
    const [low, high] = spanAt(a, b, x);
    if (Number.isFinite(high)) {
      out.x.push(x);
      out.ratio.push(valueAt(b, x) / valueAt(a, x) - 1);
      out.low.push(low);
      out.high.push(high);
    }
  }
  return out.x.length > 1 ? out : null;
}

function ratioAxis(found: Difference): Axis {
  const low = Math.min(0, ...found.low);
  const high = Math.max(0, ...found.high);
  const room = Math.max((high - low) * 0.06, 0.005);
  return {
    label: "B against A",
    low: low - room,
    high: high + room,
    ticks: linearTicks,
    format: (value) => (value > 0 ? "+" : "") + percentTick(value),
  };
}

export function differenceFigure(a: Curve, b: Curve): Figure {
  const title = "Difference of quantiles";
  const found = differenceOf(a, b);
  if (!found) {
    return noData(title, "Too few requests: either side needs 20 that were answered in time.");
  }
  const line = { format: (value: number) => change(value, "") };
  return figure({
    title,
    note: "above 0: B is slower; dotted: at least 90 % intervals from the requests of these runs, without how much runs differ from each other; ends where fewer than 10 requests are slower",
    x: found.x,
    xAxis: percentileAxis(found.x[found.x.length - 1] ?? 1),
    yAxis: ratioAxis(found),
    lines: [
      { ...line, label: "B / A − 1", values: found.ratio, colour: "series-2", width: 2 },
      { ...line, label: "low", values: found.low, colour: "series-2", width: 1, dash: [2, 3] },
      { ...line, label: "high", values: found.high, colour: "series-2", width: 1, dash: [2, 3] },
      { ...line, label: "equal", values: found.x.map(() => 0), colour: "quiet", width: 1 },
    ],
    height: 260,
    nameX: (i) => percentileName(found.x[i] ?? 0),
  });
}
