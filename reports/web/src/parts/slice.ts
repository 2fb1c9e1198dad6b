// A stretch of a run against the rest of it: what a drag over the heatmap asks for. The stretch
// lives in the address, so that it can be sent to somebody.
import { columnsOf, merged, quantileRow, requestsIn, type Column } from "../charts/grid";
import type { Slice } from "../charts/plot";
import type { Run } from "../data";
import { datum, h, unknown, type Child } from "../dom";
import { count, duration } from "../format";
import { currentRoute, replaceParameter } from "../route";
import { table } from "./table";

const quantiles: [number, string][] = [
  [0.5, "p50"],
  [0.9, "p90"],
  [0.95, "p95"],
  [0.99, "p99"],
  [0.999, "p99.9"],
];

function quantileCell(cells: Column, p: number): Child {
  const found = quantileRow(cells, p);
  if (!found) {
    return unknown(`needs ${count(1 / (1 - p))} requests; here are ${count(requestsIn(cells))}`);
  }
  const middle = (found.low + found.high) / 2;
  return h(
    "span",
    { title: `between ${duration(found.low)} and ${duration(found.high)}` },
    datum(middle, duration(middle)),
  );
}

function row(label: string, cells: Column): Child[] {
  const requests = requestsIn(cells);
  return [
    label,
    datum(requests, count(requests)),
    ...quantiles.map(([p]) => quantileCell(cells, p)),
  ];
}

function sliceTable(run: Run, columns: Column[], slice: Slice): HTMLElement {
  const { width_s: width } = run.heatmap;
  const first = slice.from * width;
  const last = (slice.to + 1) * width - 1;
  const inside = merged(columns.slice(slice.from, slice.to + 1));
  const measured = (i: number): boolean => i * width >= run.warm_up_s;
  const outside = merged(
    columns.filter((_, i) => (i < slice.from || i > slice.to) && measured(i)),
  );
  return table(
    "Slice",
    [
      { title: "response time", left: true },
      { title: "requests" },
      ...quantiles.map(([, title]) => ({ title })),
    ],
    [
      row(first === last ? `second ${first}` : `seconds ${first} to ${last}`, inside),
      row("the rest of the measured run", outside),
    ],
  );
}

/** The slice that the address asks for, as "12-18" in seconds. */
function addressed(columns: Column[], width: number): Slice | null {
  const match = /^(\d{1,9})-(\d{1,9})$/.exec(currentRoute().parameters.get("slice") ?? "");
  const from = Math.floor(Number(match?.[1]) / width);
  const to = Math.min(Math.floor(Number(match?.[2]) / width), columns.length - 1);
  return match && from <= to ? { from, to } : null;
}

export interface SlicePart {
  element: HTMLElement;
  slice: Slice | null;
  show: (slice: Slice | null) => void;
}

export function slicePart(run: Run): SlicePart {
  const columns = columnsOf(run.heatmap);
  const { width_s: width } = run.heatmap;
  const element = h("div", { class: "slice", "aria-live": "polite" });
  const fill = (slice: Slice | null): void => {
    element.replaceChildren(
      ...(slice
        ? [
            sliceTable(run, columns, slice),
            h(
              "p",
              { class: "note" },
              "From the cells of the heatmap: requests are exact, percentiles are the middle of a cell, to within 3 %. Escape or a click takes the slice away.",
            ),
          ]
        : []),
    );
  };
  const slice = addressed(columns, width);
  fill(slice);
  const show = (next: Slice | null): void => {
    replaceParameter("slice", next ? `${next.from * width}-${(next.to + 1) * width - 1}` : "");
    fill(next);
  };
  return { element, slice, show };
}
