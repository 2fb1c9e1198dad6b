// One metric of one scenario over its runs: segments between change points, each with its median
// and how sure that is, and marks where the surroundings changed.
import type uPlot from "uplot";
import type { Change } from "../data";
import { count, short } from "../format";
import { rowName, type Row } from "../rows";
import { colour } from "../theme";
import { intervalRunsMin, medianOf, type Median } from "./median";
import { figure, noData, type Figure, type Slice } from "./plot";
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

/** Indices of the runs that were made somewhere else than the run before. */
export function movedHouse(runs: Row[]): number[] {
  return runs
    .map((_, i) => i)
    .filter((i) => i > 0 && runs[i]?.environment !== runs[i - 1]?.environment);
}

function painter(segments: Segment[], marks: number[]): (plot: uPlot) => void {
  return (plot) => {
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
    ctx.strokeStyle = colour("quiet");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const mark of marks) {
      ctx.beginPath();
      ctx.moveTo(x(mark - 0.5), plot.bbox.top);
      ctx.lineTo(x(mark - 0.5), plot.bbox.top + plot.bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };
}

function notes(segments: Segment[], marks: number[]): string {
  const few = segments.some(({ interval }) => interval === null);
  return [
    "line: median of the runs between two change points; band: its 90 % interval",
    few ? `no band where there are fewer than ${intervalRunsMin} runs` : "",
    marks.length > 0 ? "dashed: the environment changed" : "",
    "drag for a range, click for a run",
  ]
    .filter((note) => note !== "")
    .join("; ");
}

export function historyFigure(chart: HistoryChart): Figure {
  const { runs, changes, metric } = chart;
  const values = runs.map(metric.read);
  const known = values.filter((value): value is number => value !== null);
  const first = runs[0];
  if (!first || known.length === 0 || Math.max(...known) < 0) {
    const why = first ? metric.why() : "no run is left by the filter";
    return noData(metric.title, `No data: ${why}.`);
  }
  const segments = segmentsOf(runs, changes, metric);
  const marks = movedHouse(runs);
  const medians = runs.map<number | null>(() => null);
  for (const { from, to, value } of segments) {
    medians.fill(value, from, to + 1);
  }
  const line = { format: metric.format };
  const dense = runs.length > 400;
  return figure({
    title: `${metric.title}, ${count(runs.length)} ${runs.length === 1 ? "run" : "runs"}`,
    note: notes(segments, marks),
    x: runs.map((_, i) => i),
    xAxis: runAxis(runs, false),
    yAxis: metric.axis(known),
    lines: [
      {
        ...line,
        label: metric.title,
        values,
        colour: "series-1",
        width: dense ? 1 : 0,
        points: !dense,
        pointSize: runs.length > 100 ? 5 : 8,
      },
      { ...line, label: "median", values: medians, colour: "series-2", width: 2, stepped: true },
    ],
    height: 320,
    nameX: (i) => {
      const run = runs[i];
      const moved = marks.includes(i) ? `, environment: ${short(run?.environment ?? "", 60)}` : "";
      return run ? runWords(run, metric) + moved : "";
    },
    paint: painter(segments, marks),
    onSlice: chart.onSlice,
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
