import { changeSpan, differenceFigure } from "../charts/difference";
import { spectrumFigure } from "../charts/spectrum";
import {
  columns,
  errorRatio,
  runName,
  type Build,
  type ColumnKey,
  type Curve,
  type Latency,
  type Report,
  type Subject,
  type Unit,
  type Verdict,
} from "../data";
import { datum, h, name, unknown, type Child } from "../dom";
import * as format from "../format";
import { buildsSection } from "../parts/builds";
import { evidenceOf } from "../parts/evidence";
import { latencyCell } from "../parts/latency";
import { copyButton, markdownOf } from "../parts/markdown";
import { section, table } from "../parts/table";
import { validityBanner } from "../parts/validity";
import { verdictCard } from "../parts/verdict";
import { currentRoute, go, replaceParameter } from "../route";
import type { View } from "./view";

/** Something that can be a side: a run, or the merged runs of a build. */
interface Side {
  key: string;
  label: string;
  subject: Subject;
  runs: number[];
}

function mergedWords(build: Build): string {
  return build.runs.length === build.runs_in_all
    ? `${build.runs.length} runs`
    : `${build.runs.length} of its ${build.runs_in_all} runs`;
}

function sidesOf(report: Report): Side[] {
  const builds = report.builds.map((build) => ({
    key: `build:${build.scenario}/${build.build}`,
    label: `build ${format.short(build.build, 30)} (${mergedWords(build)})`,
    subject: build,
    runs: build.runs,
  }));
  const runs = [...report.pages.values()].map((run) => ({
    key: `run:${run.run}`,
    label: `${runName(run)}${run.build ? `, ${format.short(run.build, 30)}` : ""}`,
    subject: run,
    runs: [run.run],
  }));
  return [...builds, ...runs];
}

function sameRuns(side: Side, runs: number[]): boolean {
  return side.runs.length === runs.length && runs.every((run) => side.runs.includes(run));
}

// A verdict names sets of runs; a build or a single run may be just that set.
function sidesOfVerdict(sides: Side[], verdict: Verdict | undefined): [Side, Side] | null {
  const a = verdict && sides.find((side) => sameRuns(side, verdict.baseline_runs));
  const b = verdict && sides.find((side) => sameRuns(side, verdict.candidate_runs));
  return a && b ? [a, b] : null;
}

function chosen(report: Report, sides: Side[]): [Side, Side] | null {
  const { parameters } = currentRoute();
  const named = (key: string): Side | undefined =>
    sides.find((side) => side.key === parameters.get(key));
  const [a, b] = [named("a"), named("b")];
  if (a && b) {
    return [a, b];
  }
  const number = parameters.get("verdict");
  const verdict = report.verdicts[Number(number ?? 0)];
  const last = sides[sides.length - 1];
  const before =
    last && sides.filter((side) => side.subject.scenario === last.subject.scenario).slice(-2)[0];
  return sidesOfVerdict(sides, verdict) ?? (last && before ? [before, last] : null);
}

function picker(sides: Side[], pair: [Side, Side]): HTMLElement {
  const select = (label: string, at: 0 | 1): HTMLElement => {
    const choice = h("select", {
      change: () => {
        const other = pair[at === 0 ? 1 : 0].key;
        go(["compare"], at === 0 ? { a: choice.value, b: other } : { a: other, b: choice.value });
      },
    });
    for (const scenario of new Set(sides.map((side) => side.subject.scenario))) {
      const group = h("optgroup", { label: format.short(scenario, 60) });
      for (const side of sides.filter((each) => each.subject.scenario === scenario)) {
        const option = h("option", { value: side.key }, side.label);
        option.selected = side === pair[at];
        group.append(option);
      }
      choice.append(group);
    }
    return h(
      "label",
      { class: "side" },
      h("span", {}, h("i", { class: `key ink-series-${at + 1}` }), label),
      choice,
    );
  };
  return h("div", { class: "sides" }, select("A, before", 0), select("B, after", 1));
}

const bannersMax = 3;

// Of the runs of either side that are not valid; a difference between runs is no better than they.
function banners(report: Report, pair: [Side, Side]): HTMLElement[] {
  return pair.flatMap((side, at) => {
    const which = at === 0 ? "A" : "B";
    const all = [...report.pages.values()]
      .filter((run) => side.runs.includes(run.run))
      .map((run) => validityBanner(run, `${which}, ${runName(run)}:`))
      .filter((banner) => banner !== null);
    const more = all.length - bannersMax;
    return more > 0
      ? [
          ...all.slice(0, bannersMax),
          h("p", { class: "note" }, `${more} more runs of ${which} are not valid.`),
        ]
      : all;
  });
}

interface Row {
  label: string;
  unit: Unit;
  a: number | null;
  b: number | null;
  cells: [Child, Child];
  interval: Child;
}

/** Values have intervals where they are quantiles. */
const quantiles: Partial<Record<ColumnKey, number>> = {
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  p999: 0.999,
  p9999: 0.9999,
};

function intervalCell(a: Curve, b: Curve, key: ColumnKey): Child {
  const q = quantiles[key];
  if (q === undefined) {
    return "–";
  }
  const span = changeSpan(a, b, q);
  return span
    ? format.changeRange(span, "ns")
    : unknown("too few requests beyond it, or some had no answer");
}

type Kind = "response" | "service";

function latencyRows(a: Subject, b: Subject, kind: Kind): Row[] {
  const [one, other]: [Latency, Latency] = [a.latency_ns[kind], b.latency_ns[kind]];
  return columns.map(({ key, title }) => ({
    label: title,
    unit: "ns",
    a: one[key],
    b: other[key],
    cells: [latencyCell(one, key), latencyCell(other, key)],
    interval: intervalCell(a.curves[kind], b.curves[kind], key),
  }));
}

function plainRow(label: string, unit: Unit, a: number | null, b: number | null): Row {
  const cell = (value: number | null): Child =>
    value === null ? unknown("not known") : datum(value, format.value(value, unit));
  return { label, unit, a, b, cells: [cell(a), cell(b)], interval: "–" };
}

function changeCell(row: Row): Child {
  if (row.a === null || row.b === null || (row.unit !== "ratio" && row.a === 0)) {
    return unknown("one of the two is not known");
  }
  const change = row.unit === "ratio" ? row.b - row.a : row.b / row.a - 1;
  return datum(change, format.change(change, row.unit));
}

/** Smaller than this, a row is left out when only what changed is asked for. */
const changedMin = 0.02;

function changed({ unit, a, b }: Row): boolean {
  if (a === null || b === null) {
    return a !== b;
  }
  return unit === "ratio"
    ? Math.abs(b - a) >= changedMin / 10
    : a === 0
      ? b !== 0
      : Math.abs(b / a - 1) >= changedMin;
}

function rowsTable(title: string, all: Row[]): HTMLElement {
  const only = currentRoute().parameters.get("only") === "changed";
  const rows = only ? all.filter(changed) : all;
  if (rows.length === 0) {
    return h("p", { class: "no-data" }, `${title}: nothing changed by 2 % or more.`);
  }
  return table(
    title,
    [
      { title, left: true },
      { title: "A" },
      { title: "B" },
      { title: "change" },
      { title: "90 % interval", wide: true },
    ],
    rows.map((row) => [row.label, ...row.cells, changeCell(row), row.interval]),
  );
}

function differences(a: Subject, b: Subject): HTMLElement {
  return h(
    "div",
    { class: "columns" },
    rowsTable("response", latencyRows(a, b, "response")),
    rowsTable("service", latencyRows(a, b, "service")),
    rowsTable("whole", [
      plainRow("achieved rate", "per_s", a.rate_per_s.achieved, b.rate_per_s.achieved),
      plainRow("errors", "ratio", errorRatio(a.requests), errorRatio(b.requests)),
    ]),
  );
}

export function compareView(report: Report): View {
  const sides = sidesOf(report);
  const pair = chosen(report, sides);
  if (!pair) {
    const element = h(
      "main",
      {},
      h("h1", {}, "Compare"),
      h("p", { class: "no-data" }, "No runs to compare in this report."),
    );
    return { title: "Compare", element, figures: [] };
  }
  const [a, b] = pair;
  const verdict = report.verdicts.find((each) => sidesOfVerdict([a, b], each)?.[0] === a);
  const spectrum = spectrumFigure("Response time, percentile spectrum", [
    { label: "A", colour: "series-1", curve: a.subject.curves.response },
    { label: "B", colour: "series-2", curve: b.subject.curves.response },
  ]);
  const difference = differenceFigure(a.subject.curves.response, b.subject.curves.response);
  const only = h("input", { type: "checkbox" });
  only.checked = currentRoute().parameters.get("only") === "changed";
  const tables = h("div", {});
  const fill = (): void =>
    tables.replaceChildren(
      evidenceOf(report, a, b, only.checked),
      differences(a.subject, b.subject),
    );
  fill();
  only.addEventListener("change", () => {
    replaceParameter("only", only.checked ? "changed" : "");
    fill();
  });
  const title = `${a.subject.scenario}: B (${b.label}) against A (${a.label})`;
  const element = h(
    "main",
    {},
    h("h1", {}, "Compare"),
    h(
      "p",
      { class: "lead" },
      name(a.subject.scenario),
      a.subject.scenario === b.subject.scenario
        ? null
        : h("span", {}, " with ", name(b.subject.scenario)),
    ),
    picker(sides, pair),
    ...banners(report, pair),
    verdict ? section("Verdict", verdictCard(report, verdict, "plain")) : null,
    section("Distribution", spectrum.element, difference.element),
    section(
      "Differences",
      h("label", { class: "only" }, only, " only what changed: over runs p < 0.05; of all requests by 2 %, error rates by 0.2 points"),
      copyButton(() => markdownOf(title, tables)),
      tables,
      h(
        "p",
        { class: "note" },
        "Response, service and whole are of all requests of a side together; runs of a build are merged into one distribution, never averaged. Their intervals hold with at least 90 % for these requests, without how much runs differ from each other.",
      ),
    ),
    buildsSection(report, a.subject.scenario, a.subject.build),
  );
  return { title: "Compare", element, figures: [spectrum, difference] };
}
