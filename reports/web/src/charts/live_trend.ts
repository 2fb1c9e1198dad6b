// A series of the monitor over time: its values, where they were expected, what is foretold, the
// limit of its rule, and when builds were deployed or judged.
import type uPlot from "uplot";
import { duration, percent, percentTick, rate, rateTick, short } from "../format";
import { colour } from "../theme";
import { latencyAxis, type Axis, type Chart, type Line } from "./plot";
import { linearTicks } from "./ticks";

type Column = (number | null)[];

export interface Points {
  at_ms: number[];
  value: Column;
  low: Column;
  high: Column;
}

export interface Fan {
  from_ms: number;
  every_s: number;
  expected: number[];
  low80: number[];
  high80: number[];
  low95: number[];
  high95: number[];
}

export interface Series {
  id: string;
  rule: string;
  engine: string;
  in_words: string;
  labels: Record<string, string>;
  phase: string;
  probability: number | null;
  limit: { side: string; level: number | null } | null;
  points: Points;
  forecast: Fan | null;
}

export interface ServiceSeries {
  source: string;
  kind: string;
  stale: boolean;
  points: { at_ms: number[] } & Record<"p50_s" | "p90_s" | "rate_per_s" | "error_ratio", Column>;
}

/** A deployment, or the verdict of a gate. */
export interface TimeMark {
  at_ms: number;
  kind: string;
  state: string;
  service: string;
  build: string;
}

const number = (value: number): string =>
  value.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 4 });

const clock = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(11, 19);
const day = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(5, 10);

const [minute, hour] = [60, 3600];
const timeSteps = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((each) => each * minute),
  ...[1, 2, 3, 6, 12, 24, 48, 168].map((each) => each * hour),
];

function timeTicks(low: number, high: number, most: number): number[] {
  const raw = (high - low) / Math.max(most, 1);
  const step = timeSteps.find((each) => each >= raw) ?? Math.ceil(raw / (24 * hour)) * 24 * hour;
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) {
    ticks.push(tick);
  }
  return ticks;
}

function timeAxis(x: number[]): Axis {
  const [first, last] = [x[0] ?? 0, x[x.length - 1] ?? 1];
  const tick = (at: number): string => {
    if (last - first > 48 * hour) {
      return at % (24 * hour) === 0 ? day(at) : `${day(at)} ${clock(at).slice(0, 5)}`;
    }
    return at % minute === 0 ? clock(at).slice(0, 5) : clock(at);
  };
  return { label: "time, UTC", low: first, high: Math.max(last, first + 1), ticks: timeTicks, format: tick };
}

function valueAxis(drawn: number[]): Axis {
  const [low, high] = [Math.min(...drawn), Math.max(...drawn)];
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  return {
    label: "value",
    low: low >= 0 && low - room < 0 ? 0 : low - room,
    high: high + room,
    ticks: linearTicks,
    format: number,
  };
}

const isKnown = (value: number | null | undefined): value is number =>
  value !== null && value !== undefined;

function markWords({ at_ms, kind, state, service, build }: TimeMark): string {
  const what = short([service, build].filter(Boolean).join(" "), 40);
  const said = kind === "verdict" ? `verdict ${short(state, 20)}` : `deploy ${short(state, 20)}`;
  return `${said}: ${what} at ${clock(at_ms / 1000)}`;
}

const markColours: Record<string, string> = { pass: "good", fail: "bad" };

function paintMarks(plot: uPlot, marks: TimeMark[]): void {
  const { ctx, bbox } = plot;
  const pixel = devicePixelRatio;
  let free = bbox.left; // Of names.
  ctx.save();
  ctx.font = `${11 * pixel}px system-ui, sans-serif`;
  for (const mark of marks) {
    const x = plot.valToPos(mark.at_ms / 1000, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) {
      continue;
    }
    const judged = mark.kind === "verdict";
    ctx.strokeStyle = colour(judged ? (markColours[mark.state] ?? "doubt") : "series-3");
    ctx.lineWidth = 1.5 * pixel;
    ctx.setLineDash(judged ? [2 * pixel, 3 * pixel] : []);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const name = short(mark.build || mark.service, 12);
    const room = ctx.measureText(name).width + 8 * pixel;
    if (x >= free && x + room < bbox.left + bbox.width) {
      ctx.fillStyle = colour("muted");
      ctx.textAlign = "left";
      ctx.textBaseline = "top";
      ctx.fillText(name, x + 4 * pixel, bbox.top + 2 * pixel);
      free = x + room;
    }
  }
  ctx.restore();
}

function fillBetween(plot: uPlot, x: number[], low: Column, high: Column): void {
  const { ctx } = plot;
  const at = (i: number): number => plot.valToPos(x[i] ?? 0, "x", true);
  for (let from = 0; from < x.length; from++) {
    let end = from;
    while (end < x.length && isKnown(low[end]) && isKnown(high[end])) {
      end++;
    }
    if (end === from) {
      continue;
    }
    ctx.beginPath();
    for (let i = from; i < end; i++) {
      ctx.lineTo(at(i), plot.valToPos(high[i] ?? 0, "y", true));
    }
    for (let i = end - 1; i >= from; i--) {
      ctx.lineTo(at(i), plot.valToPos(low[i] ?? 0, "y", true));
    }
    ctx.closePath();
    ctx.fill();
    from = end;
  }
}

/** All columns over one time, that of the forecast behind that of the values; gaps are nulls. */
interface Table {
  x: number[];
  value: Column;
  low: Column;
  high: Column;
  expected: Column;
  low80: Column;
  high80: Column;
}

const kept = ["value", "low", "high"] as const;
const foretold = ["expected", "low80", "high80"] as const;

function tableOf({ points, forecast }: Pick<Series, "points" | "forecast">): Table {
  const table: Table = {
    x: [],
    ...{ value: [], low: [], high: [] },
    ...{ expected: [], low80: [], high80: [] },
  };
  const add = (x: number, cells: { [key in keyof Table]?: number | null | undefined }): void => {
    table.x.push(x);
    for (const key of [...kept, ...foretold]) {
      table[key].push(cells[key] ?? null);
    }
  };
  const spans = points.at_ms.slice(1).map((at, i) => at - (points.at_ms[i] ?? at));
  const usual = [...spans].sort((a, b) => a - b)[Math.floor(spans.length / 2)] ?? 0;
  points.at_ms.forEach((at, i) => {
    const gap = i > 0 ? (spans[i - 1] ?? 0) : 0;
    if (gap > 3 * usual) {
      add((at - gap / 2) / 1000, {});
    }
    add(at / 1000, { value: points.value[i], low: points.low[i], high: points.high[i] });
  });
  const last = table.x[table.x.length - 1] ?? 0;
  forecast?.expected.forEach((expected, i) => {
    const x = forecast.from_ms / 1000 + (i + 1) * forecast.every_s;
    if (x > last) {
      add(x, { expected, low80: forecast.low80[i], high80: forecast.high80[i] });
    }
  });
  return table;
}

function paintFan(plot: uPlot, fan: Fan): void {
  const x = fan.expected.map((_, i) => fan.from_ms / 1000 + (i + 1) * fan.every_s);
  plot.ctx.fillStyle = colour("band");
  fillBetween(plot, x, fan.low95, fan.high95);
  fillBetween(plot, x, fan.low80, fan.high80);
}

function paintAll(plot: uPlot, table: Table, fan: Fan | null, marks: TimeMark[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = colour("heat-low");
  fillBetween(plot, table.x, table.low, table.high);
  if (fan) {
    paintFan(plot, fan);
  }
  ctx.restore();
  paintMarks(plot, marks);
}

function linesOf(series: Series, table: Table): Line[] {
  const line = (label: string, values: Column, more: Partial<Line>): Line => ({
    label,
    values,
    colour: "series-1",
    format: number,
    ...more,
  });
  const lines = [line("value", table.value, { width: 2 })];
  if (table.low.some(isKnown)) {
    const quiet = { colour: "quiet", width: 0.75 };
    lines.push(line("expected from", table.low, quiet), line("to", table.high, quiet));
  }
  if (table.expected.some(isKnown)) {
    const edge = { colour: "series-2", width: 0.75 };
    lines.push(
      line("forecast", table.expected, { colour: "series-2", width: 2, dash: [3, 4] }),
      line("80 % from", table.low80, edge),
      line("to", table.high80, edge),
    );
  }
  if (isKnown(series.limit?.level)) {
    const level = table.x.map(() => series.limit?.level ?? null);
    lines.push(line("limit", level, { colour: "bad", width: 1, dash: [6, 4] }));
  }
  return lines;
}

export function labelWords(labels: Record<string, string>): string {
  return Object.entries(labels)
    .filter(([label]) => label !== "alertname")
    .map((pair) => pair.join("="))
    .join(" ");
}

/** What the chart shows, in one sentence. */
function sentence(series: Series, marks: TimeMark[]): string {
  const { points, forecast, probability, phase } = series;
  const at = points.value.length - 1;
  const [value, low, high] = [points.value[at], points.low[at], points.high[at]];
  const parts = [
    isKnown(value) ? `${number(value)} at ${clock((points.at_ms[at] ?? 0) / 1000)}` : "no value yet",
    isKnown(low) && isKnown(high) ? `expected ${number(low)} to ${number(high)}` : "",
    phase === "inactive" ? "" : `the alert ${phase === "firing" ? "fires" : "is pending"}`,
  ];
  const end = (forecast?.expected.length ?? 0) - 1;
  const ends = forecast ? forecast.from_ms / 1000 + (end + 1) * forecast.every_s : 0;
  // Forecasts of many series wait for their turn.
  if (forecast && ends * 1000 > (points.at_ms[at] ?? 0)) {
    const by = clock(ends);
    const [from, to] = [forecast.low80[end] ?? 0, forecast.high80[end] ?? 0];
    parts.push(`by ${by} ${number(from)} to ${number(to)} with 80 %`);
  }
  const limit = series.limit;
  if (limit && isKnown(limit.level)) {
    const side = limit.side.replace("_", " ");
    const chance = isKnown(probability) ? ` (${Math.round(probability * 100)} % likely)` : "";
    parts.push(`bad ${side} ${number(limit.level)}${chance}`);
  }
  return [...parts.filter((part) => part !== ""), ...marks.map(markWords)].join("; ") + ".";
}

function within(marks: TimeMark[], x: number[]): TimeMark[] {
  const [first, last] = [(x[0] ?? 0) * 1000, (x[x.length - 1] ?? 0) * 1000];
  return marks.filter(({ at_ms }) => at_ms >= first && at_ms <= last);
}

function nameOf(x: number[], marks: TimeMark[]): (index: number) => string {
  return (i) => {
    const [at, before] = [x[i] ?? 0, x[i - 1] ?? 0];
    const near = marks.filter(({ at_ms }) => at_ms / 1000 > before && at_ms / 1000 <= at);
    return [clock(at), ...near.map(markWords)].join(", ");
  };
}

/** Null while there are fewer than two values. */
export function seriesChart(series: Series, allMarks: TimeMark[]): Chart | null {
  const table = tableOf(series);
  if (series.points.value.filter(isKnown).length < 2) {
    return null;
  }
  const marks = within(allMarks, table.x);
  const limit = series.limit?.level;
  const said = sentence(series, marks);
  const drawn = [...kept, ...foretold].flatMap((key) => table[key]).filter(isKnown);
  return {
    title: [series.rule, labelWords(series.labels)].filter(Boolean).join(" "),
    note: said,
    said,
    x: table.x,
    xAxis: timeAxis(table.x),
    yAxis: valueAxis(isKnown(limit) ? [...drawn, limit] : drawn),
    lines: linesOf(series, table),
    height: 220,
    nameX: nameOf(table.x, marks),
    paint: (plot) => paintAll(plot, table, series.forecast, marks),
  };
}

interface Figure {
  title: string;
  columns: [keyof ServiceSeries["points"], string, string][]; // Key, label, colour.
  format: (value: number) => string;
  axis: (values: number[]) => Axis;
}

const plain = (label: string, format: (value: number) => string, floor: number) =>
  (values: number[]): Axis => ({
    label,
    low: 0,
    high: Math.max(...values, floor) * 1.12,
    ticks: linearTicks,
    format,
  });

const figures: Figure[] = [
  {
    title: "Response time",
    columns: [
      ["p50_s", "p50", "series-1"],
      ["p90_s", "p90", "series-2"],
    ],
    format: duration,
    axis: (values) =>
      values.some((value) => value > 0)
        ? latencyAxis("response time", values)
        : plain("response time", duration, 1e6)(values),
  },
  {
    title: "Requests per second",
    columns: [["rate_per_s", "requests", "series-1"]],
    format: rate,
    axis: plain("requests per second", rateTick, 1),
  },
  {
    title: "Requests that fail",
    columns: [["error_ratio", "share that fails", "series-7"]],
    format: percent,
    axis: plain("requests that fail", percentTick, 0.001),
  },
];

/** What users have of a service; charts without two values are left out. */
export function serviceCharts(service: ServiceSeries, allMarks: TimeMark[]): Chart[] {
  const x = service.points.at_ms.map((at) => at / 1000);
  const marks = within(allMarks, x);
  return figures.flatMap(({ title, columns, format, axis }) => {
    const factor = title === "Response time" ? 1e9 : 1;
    const lines = columns.map(
      ([key, label, ink]): Line => ({
        label,
        colour: ink,
        format,
        values: service.points[key].map((each) => (isKnown(each) ? each * factor : null)),
        width: 2,
      }),
    );
    const drawn = lines.flatMap(({ values }) => values).filter(isKnown);
    // Its own probes are no measure of how many come.
    if (drawn.length < 2 || (title === "Requests per second" && service.kind !== "access log")) {
      return [];
    }
    const newest = lines
      .map(({ label, values }) => [label, values[values.length - 1]] as const)
      .flatMap(([label, value]) => (isKnown(value) ? [`${label} ${format(value)}`] : []));
    const facts = [newest.join(", ") || "nothing in the last look", ...marks.map(markWords)];
    const said = `${facts.join("; ")}.`;
    return [
      {
        title: `${title}, ${service.source}`,
        note: said,
        said,
        x,
        xAxis: timeAxis(x),
        yAxis: axis(drawn),
        lines,
        height: 200,
        nameX: nameOf(x, marks),
        paint: (plot) => paintMarks(plot, marks),
      },
    ];
  });
}
