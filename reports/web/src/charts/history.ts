// One metric of one scenario over its runs: segments between change points, each with its median
// and how sure that is, and marks where the surroundings changed.
import type uPlot from "uplot";
import type { Change, Forecast } from "../data";
import { count } from "../format";
import { rowName, type Row } from "../rows";
import { colour } from "../theme";
import { paintFan, paintMarks, type Mark } from "./marks";
import { intervalRunsMin, medianOf, type Median } from "./median";
import { noData, type Chart, type Figure, type Line, type Slice } from "./plot";
import { runAxis, runWords, type Metric } from "./trend";

/** So many runs are drawn as a band of what they show, not as a point each. */
const denseFrom = 400;

export interface Segment extends Median {
  from: number;
  to: number; // Index of its last run.
  runs: number; // Those with a value.
}

export interface HistoryChart {
  runs: Row[];
  metric: Metric;
  segments: Segment[];
  marks: Mark[];
  /** What the gate allows; null = not known. */
  limit: number | null;
  forecast: Forecast | null;
  /** The stretch that fills the chart; null = all runs, and the forecast. */
  view: Slice | null;
  slice: Slice | null;
  onSlice: (slice: Slice | null) => void;
  open: (run: Row) => void;
}

/** A segment begins where the metric of the whole run moved, and where the load is another. */
export function segmentsOf(runs: Row[], changes: Change[], metric: Metric): Segment[] {
  const moved = changes.filter((each) => each.step === "" && each.metric === metric.name);
  const begins = (i: number): boolean => {
    const [run, before] = [runs[i], runs[i - 1]];
    return (
      !run ||
      !before ||
      run.load !== before.load ||
      moved.some(
        (each) =>
          each.load === run.load && run.run >= each.run && before.run < each.run,
      )
    );
  };
  const segments: Segment[] = [];
  for (let from = 0; from < runs.length; ) {
    let end = from + 1;
    while (end < runs.length && !begins(end)) {
      end += 1;
    }
    const values = runs
      .slice(from, end)
      .map(metric.read)
      .filter((value): value is number => value !== null);
    if (values.length > 0) {
      segments.push({ from, to: end - 1, runs: values.length, ...medianOf(values) });
    }
    from = end;
  }
  return segments;
}

function paintBands(plot: uPlot, segments: Segment[]): void {
  const { ctx } = plot;
  const x = (value: number): number => plot.valToPos(value, "x", true);
  const y = (value: number): number => plot.valToPos(value, "y", true);
  const { left, top, width, height: tall } = plot.bbox;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, tall);
  ctx.clip();
  ctx.fillStyle = colour("band");
  for (const { from, to, interval } of segments) {
    if (interval) {
      const [low, high] = interval;
      const height = Math.max(y(low) - y(high), 2);
      ctx.fillRect(x(from - 0.5), y(high), x(to + 0.5) - x(from - 0.5), height);
    }
  }
  ctx.restore();
}

function notes(segments: Segment[], marks: Mark[], fan: Forecast | null): string {
  const few = segments.some(({ interval }) => interval === null);
  const has = (kind: Mark["kind"]): boolean => marks.some((mark) => mark.kind === kind);
  return [
    "line: median of the runs between two change points; band: its 90 % interval",
    few ? `no band where there are fewer than ${intervalRunsMin} runs` : "",
    has("environment") ? "dashed: the environment changed" : "",
    has("deploy") ? "strokes at the bottom: a build was deployed" : "",
    fan ? "fan: 80 and 95 % of what the next runs are expected to show" : "",
    "drag for a range, click for a run",
  ]
    .filter((note) => note !== "")
    .join("; ");
}

/** The runs that are drawn; x is their index among all. */
interface Window {
  from: number;
  runs: Row[];
  fan: Forecast | null;
  /** Runs and steps of the forecast. */
  size: number;
}

function windowOf({ runs, view, forecast }: HistoryChart): Window {
  if (view) {
    const seen = runs.slice(view.from, view.to + 1);
    return { from: view.from, runs: seen, fan: null, size: seen.length };
  }
  return { from: 0, runs, fan: forecast, size: runs.length + (forecast?.mean.length ?? 0) };
}

/** Lines without an end of their own: the median of each segment, the limit, the forecast. */
function levelLines({ metric, segments, limit }: HistoryChart, window: Window): Line[] {
  const { from: first, fan, size } = window;
  const empty = (): (number | null)[] => new Array<number | null>(size).fill(null);
  const medians = empty();
  for (const { from, to, value } of segments) {
    medians.fill(value, Math.max(from - first, 0), Math.max(to - first + 1, 0));
  }
  const line = { format: metric.format };
  const lines: Line[] = [
    { ...line, label: "median", values: medians, colour: "series-2", width: 2, stepped: true },
  ];
  if (limit !== null) {
    const values = empty().fill(limit);
    lines.push({ ...line, label: "gate limit", values, colour: "bad", width: 1, dash: [6, 4] });
  }
  if (fan) {
    const values = empty();
    fan.mean.forEach((value, i) => (values[window.runs.length + i] = value));
    lines.push({ ...line, label: "forecast", values, colour: "series-1", width: 2, dash: [3, 4] });
  }
  return lines;
}

function titleOf({ runs, metric }: HistoryChart, window: Window): string {
  const part = window.runs.length < runs.length ? `${count(window.runs.length)} of ` : "";
  return `${metric.title}, ${part}${count(runs.length)} ${runs.length === 1 ? "run" : "runs"}`;
}

function runsLine({ metric }: HistoryChart, window: Window, values: (number | null)[]): Line {
  const dense = window.runs.length > denseFrom;
  return {
    format: metric.format,
    label: metric.title,
    values: [...values, ...new Array<null>(window.size - values.length).fill(null)],
    colour: "series-1",
    width: 0,
    dense,
    points: !dense,
    pointSize: window.runs.length > 100 ? 5 : 8,
  };
}

/** What stands in its place where historyChart has nothing to draw. */
export function noHistory({ runs, metric }: HistoryChart): Figure {
  const why = runs.length > 0 ? metric.why() : "no run is left by the filter";
  return noData(metric.title, `No data: ${why}.`);
}

/** Null when no run has a value. */
export function historyChart(chart: HistoryChart): Chart | null {
  const { runs, metric, marks, segments } = chart;
  const window = windowOf(chart);
  const { from: first, fan } = window;
  const values = window.runs.map(metric.read);
  const known = values.filter((value): value is number => value !== null);
  if (known.length === 0 || Math.max(...known) < 0) {
    return null;
  }
  const drawn = [...known, ...(fan?.hi95 ?? []), ...(chart.limit === null ? [] : [chart.limit])];
  const end = window.runs.length - 1;
  const moved = (slice: Slice, by: number): Slice => ({ from: slice.from + by, to: slice.to + by });
  return {
    title: titleOf(chart, window),
    note: notes(segments, marks, fan),
    x: Array.from({ length: window.size }, (_, i) => first + i),
    xAxis: { ...runAxis(runs, false), low: first - 0.5, high: first + window.size - 0.5 },
    yAxis: metric.axis(drawn),
    lines: [runsLine(chart, window, values), ...levelLines(chart, window)],
    height: 320,
    nameX: (i) => {
      const run = window.runs[i];
      const said = marks.filter((mark) => mark.at === first + i).map(({ text }) => `, ${text}`);
      return run ? runWords(run, metric) + said.join("") : `forecast, ${i - end} ahead`;
    },
    paint: (plot) => {
      paintBands(plot, segments);
      if (fan) {
        paintFan(plot, fan, runs.length);
      }
      paintMarks(plot, marks);
    },
    onSlice: (slice) =>
      chart.onSlice(
        slice && slice.from <= end
          ? moved({ from: slice.from, to: Math.min(slice.to, end) }, first)
          : null,
      ),
    slice: chart.slice && moved(chart.slice, -first),
    onPick: (i) => {
      const run = window.runs[i];
      if (run) {
        chart.open(run);
      }
    },
  };
}

/** What a stretch of runs is called. */
export function stretch(runs: Row[], slice: Slice): string {
  const [first, last] = [runs[slice.from], runs[slice.to]];
  if (!first || !last) {
    return "";
  }
  if (first === last) {
    return rowName(first);
  }
  return `runs\u00a0${first.run} to\u00a0${last.run}`;
}
