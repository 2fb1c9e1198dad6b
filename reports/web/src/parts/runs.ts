import { errorRatio, runKey, type Report, type Run } from "../data";
import { datum, h, name, unknown } from "../dom";
import * as format from "../format";
import { linkTo } from "../route";
import { latencyCell } from "./latency";
import { table } from "./table";

export function stateBadge(run: Run): HTMLElement {
  return h("span", { class: `state state-${run.state}` }, run.state);
}

function thresholdWords(run: Run): Node {
  if (run.thresholds.length === 0) {
    return h("span", { class: "unknown" }, "none");
  }
  const failed = run.thresholds.filter((each) => each.state === "fail").length;
  const unknownOnes = run.thresholds.filter((each) => each.state === "unknown").length;
  if (failed > 0) {
    return h("span", { class: "bad" }, `✗ ${failed} of ${run.thresholds.length}`);
  }
  return unknownOnes > 0
    ? h("span", { class: "doubt" }, `? ${unknownOnes} of ${run.thresholds.length}`)
    : h("span", { class: "good" }, `✓ ${run.thresholds.length}`);
}

/** A number that may be missing. */
export function known(
  value: number | null,
  format: (value: number) => string,
  why?: string,
): HTMLElement {
  return value === null ? unknown(why) : datum(value, format(value));
}

function row(report: Report, run: Run): (Node | string)[] {
  const { response } = run.latency_ns;
  const errors = errorRatio(run.requests);
  return [
    h(
      "a",
      { href: linkTo(["run", runKey(report, run)]) },
      run.run === null ? "–" : String(run.run),
    ),
    h("time", { datetime: run.started_at }, format.minute(run.started_at)),
    name(run.scenario, { class: "name cut" }),
    name(run.build, { class: "name cut" }),
    datum(run.requests.planned, format.count(run.requests.planned)),
    known(run.rate_per_s.achieved, format.rate, run.rate_per_s.achieved_reason),
    latencyCell(response, "p50"),
    latencyCell(response, "p99"),
    h("span", { class: errors === 0 ? "unknown" : "" }, known(errors, format.percent)),
    thresholdWords(run),
    stateBadge(run),
  ];
}

/** Newest first. */
export function runsTable(report: Report, runs: Run[]): HTMLElement {
  return table(
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
    [...runs].reverse().map((run) => row(report, run)),
  );
}
