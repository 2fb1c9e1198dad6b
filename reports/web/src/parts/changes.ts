// Change points: which build moved which metric, by how much, how sure.
import type { Change, Report } from "../data";
import { datum, h, name } from "../dom";
import * as format from "../format";
import { linkTo } from "../route";
import { runKey } from "../rows";
import { table, type Head } from "./table";

const suspectsMax = 6;

function sizeWords(change: Change): Node {
  if (change.unit === "ratio" || change.change_ratio === null) {
    return datum(change.change, format.change(change.change, "ratio"));
  }
  return datum(change.change_ratio, format.change(change.change_ratio, change.unit));
}

function intervalWords(change: Change): string {
  const interval = change.change_ratio_interval;
  return interval === null || change.unit === "ratio"
    ? "–"
    : format.changeRange([interval.low, interval.high], change.unit);
}

function suspects(change: Change): HTMLElement {
  const runs =
    change.low_run === change.high_run
      ? `run ${change.low_run}`
      : `runs ${change.low_run} to ${change.high_run}`;
  if (change.same_build) {
    return h("span", { class: "began" }, `${runs}, all of one build: not the build, but what is around it`);
  }
  const named = change.suspects.slice(0, suspectsMax);
  return h(
    "span",
    { class: "began" },
    runs,
    ...named.flatMap((build, i) => [i === 0 ? ", " : " or ", name(format.short(build, 24))]),
    change.suspects.length > named.length ? ` and ${change.suspects.length - named.length} more` : null,
  );
}

/** What is to become of it, with who said so, when and why; nothing for what got better. */
function triageCell(change: Change): Node | string {
  const { triage } = change;
  if (!triage) {
    return change.worse ? h("span", { class: "triage triage-new" }, "new") : "";
  }
  const said = [triage.by, format.minute(triage.at)].filter(Boolean).join(", ");
  return h(
    "span",
    { class: `triage triage-${triage.state}` },
    triage.state,
    h("small", {}, said, triage.why ? ": " : null, triage.why ? name(triage.why) : null),
  );
}

// Two lines, so that the table fits beside what is said of triage.
function moved(change: Change): HTMLElement {
  return h(
    "span",
    { class: `moved ${change.worse ? "bad" : "good"}` },
    change.change > 0 ? "▲ " : "▼ ",
    sizeWords(change),
    h("small", {}, intervalWords(change)),
  );
}

function row(report: Report, change: Change): (Node | string)[] {
  const run = report.runs.find((each) => each.run === change.run);
  const confidence =
    change.confidence > 0.999 ? "> 99.9\u202f%" : format.percentTick(change.confidence);
  return [
    run
      ? h("a", { href: linkTo(["run", runKey(run)]) }, String(change.run))
      : String(change.run),
    name(change.build, { class: "name cut" }),
    name(change.scenario, { class: "name cut" }),
    h(
      "span",
      {},
      format.words(change.metric).replace(".", ", "),
      change.step ? " of " : null,
      change.step ? name(change.step) : null,
    ),
    moved(change),
    `${format.value(change.before, change.unit)} \u2192 ${format.value(change.after, change.unit)}`,
    confidence,
    triageCell(change),
    suspects(change),
  ];
}

/** Newest first, as in the data. `scenario`: named in each row. */
export function changesTable(
  report: Report,
  changes: Change[],
  scenario: "scenario" | "no scenario",
): HTMLElement {
  const heads: Head[] = [
    { title: "run", left: true },
    { title: "build", left: true },
    { title: "scenario", left: true, wide: true },
    { title: "metric", left: true },
    { title: "change, interval" },
    { title: "level", wide: true },
    { title: "confidence", wide: true },
    { title: "triage", left: true },
    { title: "began with", left: true, wide: true },
  ];
  const shown = heads.map((head) => head.title !== "scenario" || scenario === "scenario");
  const only = <T>(cells: T[]): T[] => cells.filter((_, i) => shown[i]);
  return table(
    "Change points",
    only(heads),
    changes.map((change) => only(row(report, change))),
  );
}
