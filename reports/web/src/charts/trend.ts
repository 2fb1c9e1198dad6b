// Runs over time: one number per run, in order of start; a click opens the run.
import type { Change } from "../data";
import { duration, minute, percent, percentTick, rate, rateTick, short } from "../format";
import { figure, latencyAxis, noData, type Axis, type Figure, type Line } from "./plot";
import { linkTo } from "../route";
import { errorShare, rowName, type Row, type RowLatency } from "../rows";
import { linearTicks } from "./ticks";

export interface Metric {
  key: string;
  /** What change points call it. */
  name: string;
  title: string;
  read: (run: Row) => number | null;
  why: () => string;
  format: (value: number) => string;
  axis: (values: number[]) => Axis;
}

function latencyMetric(key: RowLatency, title: string): Metric {
  return {
    key,
    name: `response_time.${title}`,
    title,
    read: (run) => run.response[key],
    why: () => "too few requests for it",
    format: duration,
    axis: (values) => latencyAxis(title, values),
  };
}

function plainAxis(label: string, format: (value: number) => string, floor: number) {
  return (values: number[]): Axis => ({
    label,
    low: 0,
    high: Math.max(...values, floor) * 1.12,
    ticks: linearTicks,
    format,
  });
}

export const tailMetric = latencyMetric("p99", "p99");

export const metrics: Metric[] = [
  latencyMetric("p50", "p50"),
  latencyMetric("p90", "p90"),
  tailMetric,
  latencyMetric("p999", "p99.9"),
  latencyMetric("max", "max"),
  {
    key: "rate",
    name: "throughput",
    title: "rate",
    read: (run) => run.rate,
    why: () => "nothing was measured",
    format: rate,
    axis: plainAxis("requests per second", rateTick, 1),
  },
  {
    key: "errors",
    name: "error_rate",
    title: "errors",
    read: (run) => errorShare(run),
    why: () => "no request was planned",
    format: percent,
    axis: plainAxis("requests not completed", percentTick, 0.001),
  },
];

const linesMax = 4;

// Builds that take turns get a line each; a build per run makes one line with builds as ticks.
function linesOf(runs: Row[], metric: Metric): { lines: Line[]; perBuild: boolean } {
  const builds = [...new Set(runs.map((run) => run.build))];
  const perBuild = builds.length > 1 && builds.length <= linesMax && builds.length < runs.length;
  const style = { format: metric.format, points: true, connected: true, width: 1.5 };
  if (!perBuild) {
    const line = {
      ...style,
      label: metric.title,
      colour: "series-1",
      values: runs.map(metric.read),
    };
    return { lines: [line], perBuild };
  }
  const lines = builds.map((build, i) => ({
    ...style,
    label: build === "" ? "no build given" : short(build, 24),
    colour: `series-${i + 1}`,
    values: runs.map((run) => (run.build === build ? metric.read(run) : null)),
  }));
  return { lines, perBuild };
}

export function runAxis(runs: Row[], perBuild: boolean): Axis {
  const label = (i: number): string => {
    const run = runs[i];
    return !run ? "" : perBuild || run.build === "" ? String(run.run) : short(run.build, 9);
  };
  return {
    label: perBuild ? "run, in order of start" : "build, in order of start",
    low: -0.5,
    high: runs.length - 0.5,
    ticks: (low, high, most) => {
      const [first, last] = [Math.max(0, Math.ceil(low)), Math.min(runs.length - 1, high)];
      const every = Math.max(1, Math.ceil((last - first + 1) / most));
      const ticks: number[] = [];
      for (let tick = Math.ceil(first / every) * every; tick <= last; tick += every) {
        ticks.push(tick);
      }
      return ticks;
    },
    format: label,
  };
}

export function runWords(run: Row, metric: Metric): string {
  const bounds: readonly string[] = run.bounds;
  const parts = [
    bounds.includes(metric.key) ? "at least" : "",
    rowName(run),
    short(run.build, 16),
    minute(run.started_at),
  ];
  return parts.filter((part) => part !== "").join(", ");
}

export interface Trend {
  scenario: string;
  /** The branch of all these runs, where the scenario has several; "" = not said. */
  branch?: string;
  runs: Row[];
  /** Of all scenarios. */
  changes: Change[];
}

// Points on the runs at which a change point moved the metric of the whole run.
function changeLine({ scenario, runs, changes }: Trend, metric: Metric): Line[] {
  const moved = new Set(
    changes
      .filter(
        (each) => each.scenario === scenario && each.step === "" && each.metric === metric.name,
      )
      .map((each) => each.run),
  );
  const values = runs.map((run) => (moved.has(run.run) ? metric.read(run) : null));
  const line = { label: "change point", values, colour: "bad", format: metric.format };
  return values.some((value) => value !== null) ? [{ ...line, points: true, pointSize: 14 }] : [];
}

export function trendFigure(
  trend: Trend,
  metric: Metric,
  open: (run: Row) => void,
): Figure {
  const { runs } = trend;
  const branch = trend.branch === "" ? "no branch given" : trend.branch;
  const title = [short(trend.scenario, 80), branch && short(branch, 40)].filter(Boolean).join(", ");
  const values = runs.map(metric.read);
  const known = values.filter((value): value is number => value !== null);
  if (known.length === 0 || (metric.format === duration && Math.max(...known) <= 0)) {
    return noData(title, `No data: ${metric.why()}.`);
  }
  const [only] = known;
  if (runs.length === 1 && only !== undefined) {
    return noData(title, `Only one run: ${metric.title} is ${metric.format(only)}.`);
  }
  const { lines, perBuild } = linesOf(runs, metric);
  return figure({
    title,
    href: linkTo(["history", trend.scenario], {
      metric: metric.key,
      ...(trend.branch ? { branch: trend.branch } : {}),
    }),
    note: `${metric.title} of ${runs.length === 1 ? "1 run" : `${runs.length} runs`}; click a point to open its run`,
    x: runs.map((_, i) => i),
    xAxis: runAxis(runs, perBuild),
    yAxis: metric.axis(known),
    lines: [...lines, ...changeLine(trend, metric)],
    height: 240,
    nameX: (i) => {
      const run = runs[i];
      return run ? runWords(run, metric) : "";
    },
    onPick: (i) => {
      const run = runs[i];
      if (run) {
        open(run);
      }
    },
  });
}
