import { datum, h, name, unknown } from "../dom";
import * as format from "../format";
import { linkTo } from "../route";
import { errorShare, runKey, type Row, type RowLatency } from "../rows";
import { moreRows } from "./table";

/** Lines of a table at a time: a browser takes a second for ten thousand. */
const rowsAtOnce = 100;

export function stateBadge({ state }: Pick<Row, "state">): HTMLElement {
  return h("span", { class: `state state-${state}` }, state);
}

export function thresholdWords({ thresholds }: Row): Node {
  const { passed, failed, unknown: open } = thresholds;
  const all = passed + failed + open;
  if (all === 0) {
    return h("span", { class: "unknown" }, "none");
  }
  if (failed > 0) {
    return h("span", { class: "bad" }, `✗ ${failed} of ${all}`);
  }
  return open > 0
    ? h("span", { class: "doubt" }, `? ${open} of ${all}`)
    : h("span", { class: "good" }, `✓ ${all}`);
}

/** A number that may be missing. */
export function known(
  value: number | null,
  format: (value: number) => string,
  why?: string,
): HTMLElement {
  return value === null ? unknown(why) : datum(value, format(value));
}

export function rowLatencyCell(run: Row, key: RowLatency): HTMLElement {
  const ns = run.response[key];
  const bound = run.bounds.includes(key) ? "≥\u202f" : "";
  return ns === null ? unknown("too few requests for it") : datum(ns, bound + format.duration(ns));
}

function row(run: Row): (Node | string)[] {
  const errors = errorShare(run);
  return [
    h("a", { href: linkTo(["run", runKey(run)]) }, String(run.run)),
    h("time", { datetime: run.started_at }, format.minute(run.started_at)),
    name(run.scenario, { class: "name cut" }),
    name(run.build, { class: "name cut" }),
    datum(run.planned, format.count(run.planned)),
    known(run.rate, format.rate, "nothing was measured"),
    rowLatencyCell(run, "p50"),
    rowLatencyCell(run, "p99"),
    h("span", { class: errors === 0 ? "unknown" : "" }, known(errors, format.percent)),
    thresholdWords(run),
    stateBadge(run),
  ];
}

/** Newest first. */
export function runsTable(runs: Row[]): HTMLElement {
  return moreRows(
    "Runs",
    [
      { title: "run", left: true },
      { title: "started (UTC)", left: true, wide: true },
      { title: "scenario", left: true },
      { title: "build", left: true },
      { title: "requests", wide: true },
      { title: "rate", wide: true },
      { title: "p50", wide: true },
      { title: "p99" },
      { title: "errors", wide: true },
      { title: "thresholds", left: true, wide: true },
      { title: "state", left: true },
    ],
    {
      count: runs.length,
      atOnce: rowsAtOnce,
      row: (i) => {
        const run = runs[runs.length - 1 - i];
        return run ? row(run) : [];
      },
    },
  );
}
