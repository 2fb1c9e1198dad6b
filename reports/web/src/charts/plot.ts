// One chart: title, legend with the values under the cursor, uPlot, keyboard, fitting its width.
import uPlot from "uplot";
import { h } from "../dom";
import { duration, durationTick } from "../format";
import { colour } from "../theme";
import { exportTools } from "./export";
import { latencyRange, linearTicks, logTicks } from "./ticks";

export interface Line {
  label: string;
  values: (number | null)[];
  colour: string; // CSS variable.
  format: (value: number) => string;
  width?: number;
  dash?: number[];
  points?: boolean;
  pointSize?: number; // In pixels.
  connected?: boolean; // Over gaps.
  stepped?: boolean; // A level for each x, from half a step before it to half a step after.
  dense?: boolean; // Of many values, evenly apart: each column of pixels from lowest to highest.
  hidden?: boolean; // Not in the legend: the continuation of another line.
}

export interface Axis {
  label: string;
  low: number;
  high: number;
  log?: boolean;
  /** At most `most` places between `low` and `high`. */
  ticks: (low: number, high: number, most: number) => number[];
  /** Room for a tick's label in pixels, along the axis. */
  spacing?: number;
  format: (value: number) => string;
}

export interface Chart {
  title: string;
  /** Where the title leads. */
  href?: string;
  note?: string;
  /** What a listener is told of it beside the title: whole sentences. */
  said?: string;
  x: number[];
  xAxis: Axis;
  yAxis: Axis;
  lines: Line[];
  height?: number;
  sync?: string;
  /** What the x under the cursor is called. */
  nameX: (index: number) => string;
  /** What a file of its numbers has for x, where that is not the place of the point. */
  startOf?: (index: number) => number;
  onPick?: (index: number) => void;
  shade?: { from: number; to: number };
  /** Draws behind the lines. */
  paint?: (plot: uPlot) => void;
  /** What is under the pointer, in place of nameX while it is over this chart. */
  nameAt?: (index: number, y: number) => string;
  /** A stretch of x may be dragged (or grown with Shift and an arrow key): its indices, or null. */
  onSlice?: (slice: Slice | null) => void;
  slice?: Slice | null;
  /** Its numbers as a file, where they are not those of its lines. */
  csv?: () => string;
}

/** Indices of x, both included. */
export interface Slice {
  from: number;
  to: number;
}

export interface Figure {
  element: HTMLElement;
  /** To be called when it is in the document, and again for new colours. */
  draw: () => void;
  destroy: () => void;
}

/** What stands in the place of a chart that would be empty. */
export function noData(title: string, why: string): Figure {
  const element = h(
    "figure",
    { class: "chart" },
    h("figcaption", {}, title),
    h("p", { class: "no-data" }, why),
  );
  return { element, draw: () => undefined, destroy: () => undefined };
}

/** The axis of latencies that fits all of `values`, which has at least one above 0. */
export function latencyAxis(label: string, values: number[]): Axis {
  const { low, high, log } = latencyRange(values);
  return {
    label: log ? `${label}, log scale` : label,
    low,
    high,
    log,
    ticks: log ? logTicks : linearTicks,
    format: durationTick,
  };
}

export const latencyFormat = duration;

const font = "12px system-ui, sans-serif";

function uplotAxis(axis: Axis, side: number): uPlot.Axis {
  const vertical = side === 3;
  return {
    side,
    stroke: colour("muted"),
    font,
    labelFont: font,
    label: axis.label,
    labelSize: vertical ? 20 : 18,
    labelGap: vertical ? 4 : 0,
    size: vertical ? 62 : 28,
    gap: 6,
    grid: { stroke: colour("grid"), width: 1 },
    ticks: { show: false },
    splits: (plot, _index, low, high) => {
      const pixels = (vertical ? plot.bbox.height : plot.bbox.width) / devicePixelRatio;
      return axis.ticks(
        low,
        high,
        Math.max(2, Math.floor(pixels / (axis.spacing ?? (vertical ? 30 : 84)))),
      );
    },
    filter: (_plot, splits) => splits,
    values: (_plot, splits) => splits.map((split) => axis.format(split)),
  };
}

// uPlot's own steps begin and end at a point; these reach half a step to either side. A level that
// lasts is one stroke: thousands of short ones take a browser longer than all the rest of a chart.
function stepPaths(plot: uPlot, series: number, first: number, last: number): uPlot.Series.Paths {
  const stroke = new Path2D();
  const values = plot.data[series] ?? [];
  for (let from = first, i = first; i <= last; i++) {
    const value = values[i];
    if (i < last && values[i + 1] === value) {
      continue;
    }
    if (value !== null && value !== undefined) {
      const y = plot.valToPos(value, "y", true);
      stroke.moveTo(plot.valToPos((plot.data[0][from] ?? 0) - 0.5, "x", true), y);
      stroke.lineTo(plot.valToPos((plot.data[0][i] ?? 0) + 0.5, "x", true), y);
    }
    from = i + 1;
  }
  return { stroke };
}

// Upright bars side by side: a browser without a graphics card fills them twenty times as fast as
// it strokes one line through thousands of points, and they claim nothing between two runs.
function densePaths(plot: uPlot, series: number, first: number, last: number): uPlot.Series.Paths {
  const fill = new Path2D();
  const values = plot.data[series] ?? [];
  const [x] = plot.data;
  const pixels = 2 * devicePixelRatio; // Of a bar's width, and of its height at least.
  const at = (i: number): number => plot.valToPos(x[i] ?? 0, "x", true) / pixels;
  const begin = at(first);
  const perPoint = (at(last) - begin) / Math.max(last - first, 1); // Points stand evenly.
  let [column, low, high] = [NaN, Infinity, -Infinity];
  const finish = (): void => {
    if (low <= high) {
      const top = Math.round(plot.valToPos(high, "y", true));
      const bottom = Math.round(plot.valToPos(low, "y", true));
      fill.rect(column * pixels, top - pixels / 2, pixels, bottom - top + pixels);
    }
    [low, high] = [Infinity, -Infinity];
  };
  for (let i = first; i <= last; i++) {
    const next = Math.floor(begin + (i - first) * perPoint);
    if (next !== column) {
      finish();
      column = next;
    }
    const value = values[i];
    if (value !== null && value !== undefined) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  finish();
  return { fill };
}

function pathsOf(line: Line): Pick<uPlot.Series, "paths" | "fill"> {
  if (line.dense) {
    return { paths: densePaths, fill: colour(line.colour) };
  }
  return line.stepped ? { paths: stepPaths } : {};
}

function uplotSeries(line: Line): uPlot.Series {
  const stroke = colour(line.colour);
  return {
    label: line.label,
    stroke,
    width: line.width ?? 1.5,
    ...(line.dash ? { dash: line.dash } : {}),
    spanGaps: line.connected ?? false,
    ...pathsOf(line),
    points: line.points
      ? { show: true, size: line.pointSize ?? 8, fill: stroke, stroke: colour("page"), width: 1.5 }
      : { show: false },
  };
}

// The stretch that does not count (warm-up) lies behind the lines.
function shadePlugin(shade: NonNullable<Chart["shade"]>): uPlot.Plugin {
  return {
    hooks: {
      drawClear: (plot) => {
        const left = plot.valToPos(shade.from, "x", true);
        const right = plot.valToPos(shade.to, "x", true);
        const { top, height } = plot.bbox;
        plot.ctx.save();
        plot.ctx.fillStyle = colour("shade");
        plot.ctx.fillRect(left, top, right - left, height);
        plot.ctx.restore();
      },
    },
  };
}

function paintPlugin(paint: (plot: uPlot) => void): uPlot.Plugin {
  return { hooks: { drawAxes: (plot) => paint(plot) } };
}

class Legend {
  readonly element = h("div", { class: "legend" });
  private readonly where = h("span", { class: "legend-x" });
  private readonly cells: { line: Line; cell: HTMLElement }[] = [];

  constructor(private readonly chart: Chart) {
    for (const line of chart.lines.filter((each) => !each.hidden)) {
      const cell = h("span", { class: "legend-value" });
      const key = h("i", { class: `key ${line.dash ? "dashed" : ""} ink-${line.colour}` });
      this.cells.push({ line, cell });
      this.element.append(h("span", { class: "legend-item" }, key, line.label, cell));
    }
    this.element.append(this.where);
  }

  show(index: number | null, y: number | null = null): void {
    const { nameX, nameAt } = this.chart;
    this.where.textContent =
      index === null ? "" : nameAt && y !== null ? nameAt(index, y) : nameX(index);
    for (const { line, cell } of this.cells) {
      const value = index === null ? null : line.values[index];
      cell.textContent =
        index === null ? "" : value === null || value === undefined ? "–" : line.format(value);
    }
  }
}

function showSlice(plot: uPlot, chart: Chart, slice: Slice | null): void {
  const half = ((chart.x[1] ?? 1) - (chart.x[0] ?? 0)) / 2;
  const left = slice ? plot.valToPos((chart.x[slice.from] ?? 0) - half, "x") : 0;
  const right = slice ? plot.valToPos((chart.x[slice.to] ?? 0) + half, "x") : 0;
  plot.setSelect({ left, width: right - left, top: 0, height: plot.over.clientHeight }, false);
}

function setSlice(chart: Chart, plot: uPlot, slice: Slice | null): void {
  chart.slice = slice;
  showSlice(plot, chart, slice);
  chart.onSlice?.(slice);
}

// The end at which the cursor stands moves; without a slice there, one begins.
function growSlice(chart: Chart, plot: uPlot, at: number, next: number): void {
  const { slice } = chart;
  const fixed = slice?.to === at ? slice.from : slice?.from === at ? slice.to : at;
  setSlice(chart, plot, { from: Math.min(fixed, next), to: Math.max(fixed, next) });
}

// uPlot reports a drag in pixels; less than a few is a click, which takes the slice away.
function sliceDragged(chart: Chart, plot: uPlot): void {
  const { left, width } = plot.select;
  const from = plot.posToIdx(left);
  setSlice(chart, plot, width < 4 ? null : { from, to: plot.posToIdx(left + width) });
}

function moveByKey(chart: Chart, plot: uPlot, event: KeyboardEvent): void {
  const at = plot.cursor.idx ?? -1;
  const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (event.key === "Enter" && at >= 0) {
    chart.onPick?.(at);
  }
  if (event.key === "Escape" && chart.slice) {
    setSlice(chart, plot, null);
  }
  if (step === 0) {
    return;
  }
  event.preventDefault();
  const next = Math.min(Math.max(at < 0 ? 0 : at + step, 0), chart.x.length - 1);
  if (event.shiftKey && chart.onSlice) {
    growSlice(chart, plot, Math.max(at, 0), next);
  }
  for (const each of chart.sync ? uPlot.sync(chart.sync).plots : [plot]) {
    each.setCursor({
      left: each.valToPos(chart.x[next] ?? 0, "x"),
      top: each.bbox.height / devicePixelRatio / 2,
    });
  }
}

function uplotOptions(chart: Chart, width: number, legend: Legend): uPlot.Options {
  const range = (axis: Axis): uPlot.Range.MinMax => [axis.low, axis.high];
  return {
    width,
    height: chart.height ?? 260,
    padding: [8, 14, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: chart.onSlice !== undefined, y: false, setScale: false },
      points: { size: 7, ...(chart.nameAt ? { show: false } : {}) },
      ...(chart.sync ? { sync: { key: chart.sync } } : {}),
    },
    scales: {
      x: { time: false, range: () => range(chart.xAxis) },
      y: { distr: chart.yAxis.log ? 3 : 1, range: () => range(chart.yAxis) },
    },
    axes: [uplotAxis(chart.xAxis, 2), uplotAxis(chart.yAxis, 3)],
    series: [{}, ...chart.lines.map(uplotSeries)],
    plugins: [
      ...(chart.shade ? [shadePlugin(chart.shade)] : []),
      ...(chart.paint ? [paintPlugin(chart.paint)] : []),
    ],
    hooks: {
      setCursor: [(plot) => legend.show(plot.cursor.idx ?? null, pointed(plot))],
      ...(chart.onSlice ? { setSelect: [(plot: uPlot) => sliceDragged(chart, plot)] } : {}),
    },
  };
}

// The value under the pointer, if it is over this chart and not over one that shares its cursor.
function pointed(plot: uPlot): number | null {
  const { top } = plot.cursor;
  return plot.over.matches(":hover") && top !== undefined && top >= 0
    ? plot.posToVal(top, "y")
    : null;
}

function captionOf(chart: Chart): HTMLElement {
  return h(
    "figcaption",
    {},
    chart.href ? h("a", { href: chart.href }, chart.title) : chart.title,
    chart.note ? h("small", {}, chart.note) : null,
  );
}

/** A figure that can go on as another chart of the same height, which is faster than a new one. */
export interface ChartFigure extends Figure {
  /** Draws at once if it has been drawn before. */
  show: (chart: Chart) => void;
}

export function figure(first: Chart): ChartFigure {
  let chart = first;
  let plot: uPlot | null = null;
  const place = h("div", { tabindex: 0, role: "img" });
  const around = (): [HTMLElement, Legend, HTMLElement] => {
    place.className = chart.onPick ? "plot pickable" : "plot";
    const said = [`${chart.title}.`, chart.said, "Arrow keys move the cursor."];
    place.setAttribute("aria-label", said.filter(Boolean).join(" "));
    const tools = exportTools(chart, () => plot?.ctx.canvas ?? null);
    return [captionOf(chart), new Legend(chart), tools];
  };
  let [caption, legend, tools] = around();
  const element = h("figure", { class: "chart" }, caption, legend.element, place, tools);
  const draw = (): void => {
    // To ask how wide the place is costs a layout of the whole page.
    const width = plot?.width ?? place.clientWidth;
    const { left, top } = plot?.cursor ?? {};
    plot?.destroy();
    const data: uPlot.AlignedData = [chart.x, ...chart.lines.map((line) => line.values)];
    plot = new uPlot(uplotOptions(chart, width, legend), data, place);
    if (chart.slice) {
      showSlice(plot, chart, chart.slice);
    }
    if (left !== undefined && top !== undefined && left >= 0) {
      plot.setCursor({ left, top });
    }
  };
  const observer = new ResizeObserver(() => {
    if (plot && place.clientWidth > 0 && plot.width !== place.clientWidth) {
      plot.setSize({ width: place.clientWidth, height: chart.height ?? 260 });
      showSlice(plot, chart, chart.slice ?? null);
    }
  });
  observer.observe(place);
  place.addEventListener("keydown", (event) => plot && moveByKey(chart, plot, event));
  place.addEventListener("click", () => {
    const at = plot?.cursor.idx;
    if (at !== null && at !== undefined) {
      chart.onPick?.(at);
    }
    if (plot && chart.slice && !chart.onPick) {
      setSlice(chart, plot, null);
    }
  });
  const destroy = (): void => {
    observer.disconnect();
    plot?.destroy();
    plot = null;
  };
  const show = (next: Chart): void => {
    chart = next;
    const before = [caption, legend.element, tools];
    [caption, legend, tools] = around();
    [caption, legend.element, tools].forEach((each, i) => before[i]?.replaceWith(each));
    if (plot) {
      draw();
    }
  };
  return { element, draw, destroy, show };
}
