// A run over its seconds: latency above, rate and errors below, one cursor through all.
import type { Run, Seconds } from "../data";
import { count, rate, rateTick, seconds as inSeconds, words } from "../format";
import {
  figure,
  latencyAxis,
  latencyFormat,
  noData,
  type Axis,
  type Chart,
  type Figure,
  type Line,
} from "./plot";
import { linearTicks } from "./ticks";

const sync = "seconds";

function known(values: (number | null)[]): number[] {
  return values.filter((value): value is number => value !== null && value > 0);
}

function timeAxis(series: Seconds): Axis {
  return {
    label: "seconds since the start of the run",
    low: 0,
    high: Math.max(series.planned.length, 1) * series.width_s,
    ticks: linearTicks,
    format: (value) => `${value} s`,
  };
}

/** What all charts of a run over its seconds share. */
export function common(run: Run): Pick<Chart, "x" | "xAxis" | "startOf" | "nameX" | "sync" | "shade"> {
  const series = run.seconds;
  const warm = run.warm_up_s;
  return {
    // A point stands for the whole second around it, as a column of the heatmap does.
    x: series.planned.map((_, i) => (i + 0.5) * series.width_s),
    startOf: (i) => i * series.width_s,
    xAxis: timeAxis(series),
    nameX: (i) =>
      series.width_s === 1
        ? `second ${i}`
        : `seconds ${i * series.width_s} to ${(i + 1) * series.width_s - 1}`,
    sync,
    ...(warm > 0 ? { shade: { from: 0, to: warm } } : {}),
  };
}

function latencyFigure(run: Run): Figure {
  const series = run.seconds;
  const title = "Response time";
  const all = [...known(series.p50), ...known(series.p99), ...known(series.max)];
  if (all.length === 0) {
    return noData(title, "No data: no request was answered.");
  }
  const few = known(series.p99).length === 0;
  const line = { format: latencyFormat };
  const each = series.width_s === 1 ? "second" : inSeconds(series.width_s);
  const notes = [
    few
      ? "p99 is not drawn: fewer than 100 requests in each second"
      : `of the requests that ended in each ${each}`,
    run.warm_up_s > 0 ? "grey: warm-up, left out of all numbers" : "",
  ];
  return figure({
    ...common(run),
    title,
    note: notes.filter((note) => note !== "").join("; "),
    yAxis: latencyAxis("response time", all),
    lines: [
      { ...line, label: "max", values: series.max, colour: "quiet", width: 1 },
      { ...line, label: "p99", values: series.p99, colour: "series-2", width: 2 },
      { ...line, label: "p50", values: series.p50, colour: "series-1", width: 2 },
    ],
  });
}

function rateFigure(run: Run): Figure {
  const series = run.seconds;
  const perSecond = (values: number[]): number[] => values.map((value) => value / series.width_s);
  const planned = perSecond(series.planned);
  const completed = perSecond(series.completed);
  const line = { format: rate };
  return figure({
    ...common(run),
    title: "Rate",
    height: 200,
    yAxis: {
      label: "requests per second",
      low: 0,
      high: Math.max(...planned, ...completed, 1) * 1.12,
      ticks: linearTicks,
      format: rateTick,
    },
    lines: [
      { ...line, label: "completed", values: completed, colour: "series-1", width: 2 },
      { ...line, label: "due", values: planned, colour: "text", width: 1.5, dash: [3, 5] },
    ],
  });
}

const kindsMax = 6;

// The most frequent first; what is beyond a handful is one line.
function kindLines(kinds: Record<string, number[]>): Line[] {
  const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);
  const sorted = Object.entries(kinds).sort(([, a], [, b]) => total(b) - total(a));
  const rest = sorted.slice(kindsMax).map(([, values]) => values);
  const named = sorted.slice(0, kindsMax).map(([kind, values]) => ({ label: words(kind), values }));
  const [first] = rest;
  const all = first
    ? [
        ...named,
        {
          label: `${rest.length} other kinds`,
          values: first.map((_, i) => total(rest.map((values) => values[i] ?? 0))),
        },
      ]
    : named;
  return all.map((line, i) => ({
    ...line,
    colour: `series-${i + 1}`,
    format: count,
    width: 1.5,
    ...(i % 2 === 1 ? { dash: [6, 3] } : {}),
  }));
}

function errorFigure(run: Run): Figure {
  const series = run.seconds;
  return figure({
    ...common(run),
    title: "Errors",
    note: "requests that did not complete, and their kinds, by the second in which they ended",
    height: 200,
    yAxis: {
      label: "requests",
      low: 0,
      high: Math.max(...series.errors) * 1.15,
      ticks: (low, high, most) => linearTicks(low, high, most).filter(Number.isInteger),
      format: count,
    },
    lines: [
      { label: "did not complete", values: series.errors, colour: "bad", format: count, width: 3 },
      ...kindLines(series.kinds),
    ],
  });
}

function lagFigure(run: Run): Figure {
  const { send_lag_max: values } = run.seconds;
  const title = "Send lag";
  const seen = known(values);
  if (seen.length === 0) {
    return noData(title, "No data: it is not known how late requests were sent.");
  }
  return figure({
    ...common(run),
    title,
    note: "by how much weir itself sent the latest request of each second too late; part of its response time",
    height: 180,
    yAxis: latencyAxis("send lag", seen),
    lines: [{ label: "max", values, colour: "series-3", format: latencyFormat, width: 1.5 }],
  });
}

export function secondsFigures(run: Run): Figure[] {
  if (run.seconds.planned.length === 0) {
    return [noData("Over time", "No data: the report was made without the seconds of this run.")];
  }
  const anyError = run.seconds.errors.some((value) => value > 0);
  return [
    latencyFigure(run),
    rateFigure(run),
    ...(anyError ? [errorFigure(run)] : []),
    lagFigure(run),
  ];
}
