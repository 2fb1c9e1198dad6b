// Every response time of a run: time to the right, latency up, the more requests the stronger.
import type uPlot from "uplot";
import type { Run } from "../data";
import { h } from "../dom";
import { count, duration, durationTick } from "../format";
import { colour } from "../theme";
import { csv } from "./export";
import { coarser, columnsOf, requestsIn, rowStartNs, type Column } from "./grid";
import { figure, noData, type Figure, type Slice } from "./plot";
import { common } from "./seconds";
import { logTicks } from "./ticks";

const height = 300;
const rowPixelsMin = 4;
const shades = 24;

type Rgb = [number, number, number];

function rgb(variable: string): Rgb {
  const [r = 0, g = 0, b = 0] = colour(variable).match(/[\d.]+/g)?.map(Number) ?? [];
  return [r, g, b];
}

function mix(a: Rgb, b: Rgb, share: number): string {
  const parts = a.map((value, i) => Math.round(value + ((b[i] ?? 0) - value) * share));
  return `rgb(${parts.join(" ")})`;
}

/** From one request to the most, evenly in the logarithm. */
function palette(): string[] {
  const [low, middle, high] = [rgb("heat-low"), rgb("heat-middle"), rgb("heat-high")];
  return Array.from({ length: shades }, (_, i) => {
    const share = (2 * i) / (shades - 1);
    return share < 1 ? mix(low, middle, share) : mix(middle, high, share - 1);
  });
}

function shadeOf(requests: number, most: number): number {
  return most <= 1 ? shades - 1 : Math.round((Math.log(requests) / Math.log(most)) * (shades - 1));
}

interface Grid {
  columns: Column[];
  step: number;
  most: number;
  low: number;
  high: number;
}

function gridOf(fine: Column[]): Grid | null {
  const rows = fine.flat().map(({ row }) => row);
  if (rows.length === 0) {
    return null;
  }
  const [first, last] = rows.reduce(
    ([low, high], row) => [Math.min(low, row), Math.max(high, row)],
    [Infinity, -Infinity],
  );
  const steps = [1, 2, 4, 8, 16];
  const step = steps.find((each) => (height * each) / (last - first + 1) >= rowPixelsMin) ?? 16;
  const columns = coarser(fine, step);
  const most = columns.flat().reduce((high, cell) => Math.max(high, cell.count), 1);
  return {
    columns,
    step,
    most,
    low: Math.max(rowStartNs(first - (first % step)), 32),
    high: rowStartNs(last - (last % step) + step),
  };
}

function painter(grid: Grid, widthS: number, x: number[]): (plot: uPlot) => void {
  return (plot) => {
    const { ctx } = plot;
    const inks = palette();
    const { left, top, width, height: tall } = plot.bbox;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, tall);
    ctx.clip();
    grid.columns.forEach((column, i) => {
      const from = Math.round(plot.valToPos((x[i] ?? 0) - widthS / 2, "x", true));
      const to = Math.round(plot.valToPos((x[i] ?? 0) + widthS / 2, "x", true));
      for (const { row, count: requests } of column) {
        const below = Math.round(plot.valToPos(Math.max(rowStartNs(row), grid.low), "y", true));
        const above = Math.round(plot.valToPos(rowStartNs(row + grid.step), "y", true));
        ctx.fillStyle = inks[shadeOf(requests, grid.most)] ?? "";
        ctx.fillRect(from, above, Math.max(to - from, 1), Math.max(below - above, 1));
      }
    });
    ctx.restore();
  };
}

function requestWords(requests: number): string {
  return requests === 1 ? "1 request" : `${count(requests)} requests`;
}

function key(most: number): HTMLElement {
  return h(
    "span",
    { class: "legend-item" },
    "1",
    h("i", { class: "key heat-key" }),
    `${requestWords(most)} in a cell, log scale`,
  );
}

function cellsCsv(grid: Grid, widthS: number): string {
  return csv(
    ["second", "from_ns", "to_ns", "requests"],
    grid.columns.flatMap((column, i) =>
      column.map((cell) => [
        i * widthS,
        rowStartNs(cell.row),
        rowStartNs(cell.row + grid.step),
        cell.count,
      ]),
    ),
  );
}

/** `onSlice` hears of the stretch that was dragged, in columns of the heatmap. */
export function heatmapFigure(
  run: Run,
  onSlice: (slice: Slice | null) => void,
  slice: Slice | null,
): Figure {
  const title = "Response times";
  const { width_s: widthS } = run.heatmap;
  const grid = gridOf(columnsOf(run.heatmap));
  if (!grid) {
    return noData(title, "No data: no request was answered in any second.");
  }
  const seconds = common(run);
  const x = grid.columns.map((_, i) => (i + 0.5) * widthS);
  const when = (i: number): string =>
    widthS === 1 ? `second ${i}` : `seconds ${i * widthS} to ${(i + 1) * widthS - 1}`;
  const chart = figure({
    ...seconds,
    title,
    note: "every request that was sent, without an answer as lower bounds; drag over a stretch of time for its percentiles",
    x,
    yAxis: {
      label: "response time, log scale",
      low: grid.low,
      high: grid.high,
      log: true,
      ticks: logTicks,
      format: durationTick,
    },
    lines: [
      {
        label: "",
        hidden: true,
        width: 0,
        values: x.map(() => grid.low),
        colour: "quiet",
        format: duration,
      },
    ],
    height,
    nameX: (i) => `${when(i)}: ${requestWords(requestsIn(grid.columns[i] ?? []))}`,
    nameAt: (i, y) => {
      const column = grid.columns[i] ?? [];
      const at = column.find(({ row }) => rowStartNs(row) <= y && y < rowStartNs(row + grid.step));
      return at
        ? `${when(i)}: ${requestWords(at.count)} from ${duration(rowStartNs(at.row))} to ${duration(rowStartNs(at.row + grid.step))}`
        : `${when(i)}, ${duration(y)}: no request`;
    },
    paint: painter(grid, widthS, x),
    onSlice,
    slice,
    csv: () => cellsCsv(grid, widthS),
  });
  chart.element.querySelector(".legend")?.prepend(key(grid.most));
  return chart;
}
