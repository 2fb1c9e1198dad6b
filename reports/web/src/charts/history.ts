// One metric of one scenario over its runs: segments between change points, each with its median
// and how sure that is, and marks where the surroundings changed.
import type uPlot from "uplot";
import type { Change, Forecast } from "../data";
import { count } from "../format";
import { rowName, type Row } from "../rows";
import { colour } from "../theme";
import { paintFan, paintMarks, type Mark } from "./marks";
import { intervalRunsMin, medianOf, type Median } from "./median";
import { figure, noData, type Axis, type Figure, type Line, type Slice } from "./plot";
import { runAxis, runWords, type Metric } from "./trend";

export interface Segment extends Median {
  from: number;
  to: number; // Index of its last run.
  runs: number; // Those with a value.
}

export interface HistoryChart {
  runs: Row[];
  changes: Change[];
  metric: Metric;
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
  ctx.save();
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

/** The runs, and after them the steps of the forecast, as x axis. */
function axisOf({ runs, view }: HistoryChart, ahead: number): Axis {
  const axis = runAxis(runs, false);
  return view
    ? { ...axis, low: view.from - 0.5, high: view.to + 0.5 }
    : { ...axis, high: runs.length - 0.5 + ahead };
}

/** Lines without an end of their own: the median of each segment, the limit, the forecast. */
function levelLines(chart: HistoryChart, segments: Segment[], fan: Forecast | null): Line[] {
  const { runs, metric } = chart;
  const ahead = fan?.mean.length ?? 0;
  const empty = (): (number | null)[] => Array.from({ length: runs.length + ahead }, () => null);
  const medians = empty();
  for (const { from, to, value } of segments) {
    medians.fill(value, from, to + 1);
  }
  const line = { format: metric.format };
  const lines: Line[] = [
    { ...line, label: "median", values: medians, colour: "series-2", width: 2, stepped: true },
  ];
  if (chart.limit !== null) {
    const values = empty().fill(chart.limit);
    lines.push({ ...line, label: "gate limit", values, colour: "bad", width: 1, dash: [6, 4] });
  }
  if (fan) {
    const values = empty();
    fan.mean.forEach((value, i) => (values[runs.length + i] = value));
    lines.push({ ...line, label: "forecast", values, colour: "series-1", width: 2, dash: [3, 4] });
  }
  return lines;
}

export function historyFigure(chart: HistoryChart): Figure {
  const { runs, changes, metric, view, marks } = chart;
  const values = runs.map(metric.read);
  const seen = view ? values.slice(view.from, view.to + 1) : values;
  const known = seen.filter((value): value is number => value !== null);
  if (runs.length === 0 || known.length === 0 || Math.max(...known) < 0) {
    const why = runs.length > 0 ? metric.why() : "no run is left by the filter";
    return noData(metric.title, `No data: ${why}.`);
  }
  const fan = view ? null : chart.forecast;
  const ahead = fan?.mean.length ?? 0;
  const segments = segmentsOf(runs, changes, metric);
  const drawn = [...known, ...(fan?.hi95 ?? []), ...(chart.limit === null ? [] : [chart.limit])];
  const dense = known.length > 400;
  const shown = known.length < runs.length && view ? `${count(known.length)} of ` : "";
  const last = runs.length - 1;
  return figure({
    title: `${metric.title}, ${shown}${count(runs.length)} ${runs.length === 1 ? "run" : "runs"}`,
    note: notes(segments, marks, fan),
    x: Array.from({ length: runs.length + ahead }, (_, i) => i),
    xAxis: axisOf(chart, ahead),
    yAxis: metric.axis(drawn),
    lines: [
      {
        format: metric.format,
        label: metric.title,
        values: [...values, ...Array.from({ length: ahead }, () => null)],
        colour: "series-1",
        width: dense ? 1 : 0,
        points: !dense,
        pointSize: known.length > 100 ? 5 : 8,
      },
      ...levelLines(chart, segments, fan),
    ],
    height: 320,
    nameX: (i) => {
      const run = runs[i];
      const said = marks.filter((mark) => mark.at === i).map(({ text }) => `, ${text}`);
      return run ? runWords(run, metric) + said.join("") : `forecast, ${i - last} ahead`;
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
        slice && slice.from <= last ? { from: slice.from, to: Math.min(slice.to, last) } : null,
      ),
    slice: chart.slice,
    onPick: (i) => {
      const run = runs[i];
      if (run) {
        chart.open(run);
      }
    },
  });
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
