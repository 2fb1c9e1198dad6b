// The percentile spectrum: latency over 1 / (1 - q), so that the tail gets the room that it needs.
import uPlot from "uplot";
import type { Curve } from "../data";
import { count } from "../format";
import { colour } from "../theme";
import {
  figure,
  latencyAxis,
  latencyFormat,
  noData,
  type Axis,
  type Figure,
  type Line,
} from "./plot";
import { beyondMin, boundFrom, intervalAt, xOf } from "./quantiles";

export interface NamedCurve {
  label: string;
  colour: string;
  curve: Curve;
  width?: number;
  dash?: number[];
}

/** "99.9 %" for 3. */
function percentileTick(x: number): string {
  const share = 100 * (1 - 10 ** -x);
  return `${x < 1 ? Math.round(share) : +share.toFixed(Math.max(0, Math.round(x) - 2))} %`;
}

export function percentileName(x: number): string {
  const beyond = 10 ** -x;
  const decimals = Math.min(6, Math.max(1, Math.ceil(x) - 1));
  return `p${+(100 * (1 - beyond)).toFixed(decimals)}, slowest 1 in ${count(1 / beyond)}`;
}

export function percentileAxis(high: number): Axis {
  return {
    label: "percentile",
    low: 0,
    high,
    spacing: 56,
    ticks: (low, top, most) => {
      const ticks: number[] = [];
      const room = (top - low) / most;
      const places = [
        0,
        Math.log10(2),
        ...Array.from({ length: Math.floor(top) }, (_, i) => i + 1),
      ];
      for (const place of places) {
        if (place - (ticks[ticks.length - 1] ?? -Infinity) >= room) {
          ticks.push(place);
        }
      }
      return ticks;
    },
    format: percentileTick,
  };
}

type Table = [number[], (number | null)[]];

function solidPart(curve: Curve): Table {
  const end = curve.bound_from ?? curve.v.length;
  return [curve.v.slice(0, end).map((_, i) => xOf(curve, i)), curve.v.slice(0, end)];
}

function boundPart(curve: Curve): Table | null {
  if (curve.bound_from === null) {
    return null;
  }
  const from = Math.max(curve.bound_from - 1, 0);
  return [curve.v.slice(from).map((_, i) => xOf(curve, from + i)), curve.v.slice(from)];
}

/** The interval of each quantile of one curve, as far as requests enough lie beyond it. */
function bandOf(curve: Curve): { x: number; low: number; high: number }[] {
  const end = Math.min(Math.log10(curve.count / beyondMin), boundFrom(curve));
  return curve.v
    .map((_, i) => xOf(curve, i))
    .filter((x) => x > 0 && x <= end)
    .map((x) => {
      const [low, high] = intervalAt(curve, x);
      return { x, low, high };
    });
}

function paintBands(plot: uPlot, curves: NamedCurve[]): void {
  const { ctx } = plot;
  const x = (value: number): number => plot.valToPos(value, "x", true);
  const y = (value: number): number => plot.valToPos(value, "y", true);
  ctx.save();
  for (const { curve, colour: ink } of curves) {
    const band = bandOf(curve);
    ctx.beginPath();
    band.forEach((point) => ctx.lineTo(x(point.x), y(point.high)));
    band.reverse().forEach((point) => ctx.lineTo(x(point.x), y(point.low)));
    ctx.closePath();
    ctx.fillStyle = colour(ink);
    ctx.globalAlpha = 0.18;
    ctx.fill();
  }
  ctx.restore();
}

export function spectrumFigure(title: string, curves: NamedCurve[]): Figure {
  const drawn = curves.filter(({ curve }) => curve.v.length > 1);
  if (drawn.length === 0) {
    return noData(title, "No data: fewer than two requests were answered.");
  }
  const tables: Table[] = [];
  const styles: Omit<Line, "values">[] = [];
  for (const { label, colour, curve, width, dash } of drawn) {
    const line = { label, colour, format: latencyFormat, width: width ?? 2, connected: true };
    tables.push(solidPart(curve));
    styles.push(dash && dash.length > 0 ? { ...line, dash } : line);
    const bound = boundPart(curve);
    if (bound) {
      tables.push(bound);
      styles.push({ ...line, label: `${label}, at least`, dash: [3, 4] });
    }
  }
  const [x, ...columns] = uPlot.join(tables) as [
    number[],
    ...(number | null)[][],
  ];
  const values = drawn.flatMap(({ curve }) => curve.v);
  return figure({
    title,
    note: "each step to the right is a ten times rarer request; the last point is the slowest; bands: 95 % intervals, as far as 10 requests are slower",
    x,
    xAxis: percentileAxis(x[x.length - 1] ?? 1),
    yAxis: latencyAxis("latency", values),
    height: 320,
    nameX: (i) => percentileName(x[i] ?? 0),
    paint: (plot) => paintBands(plot, drawn),
    lines: styles.map((style, i) => ({ ...style, values: filled(x, columns[i] ?? []) })),
  });
}

// Joined curves have no value where only another has a point; the readout needs one everywhere.
function filled(x: number[], values: (number | null | undefined)[]): (number | null)[] {
  const out: (number | null)[] = values.map((value) => value ?? null);
  let last = -1;
  for (let i = 0; i < out.length; i++) {
    const value = out[i];
    if (value === null || value === undefined) {
      continue;
    }
    const before = last < 0 ? null : out[last];
    for (let j = last + 1; last >= 0 && j < i && before; j++) {
      const share = ((x[j] ?? 0) - (x[last] ?? 0)) / ((x[i] ?? 1) - (x[last] ?? 0));
      out[j] = before + (value - before) * share;
    }
    last = i;
  }
  return out;
}
