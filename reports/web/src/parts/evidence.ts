// What two sides say of each other run by run: effect, interval and evidence, made by the C++ side
// (analysis/comparison.h), for the pairs of builds that the report has; else how to get it.
import { type Pair, type PairMetric, type Report, type Subject } from "../data";
import { datum, h, name, unknown, type Child } from "../dom";
import { change, changeRange, count, value, words } from "../format";
import { linkTo } from "../route";
import { copyButton } from "./markdown";
import { table } from "./table";

export interface EvidenceSide {
  key: string;
  subject: Subject;
  runs: number[];
}

/** Below this, after Holm's correction, it is said that the sides differ. */
const significant = 0.05;

function same(one: number[], other: number[]): boolean {
  return one.length === other.length && one.every((run) => other.includes(run));
}

function pairOf(report: Report, a: EvidenceSide, b: EvidenceSide): Pair | undefined {
  return report.pairs.find((pair) => same(pair.a_runs, a.runs) && same(pair.b_runs, b.runs));
}

function metricCell(metric: string, step: string): Child {
  const text = words(metric.replace("response_time.", "response ").replace("p999", "p99.9"));
  return step ? h("span", {}, name(step), `: ${text}`) : text;
}

function evidence(p: number): string {
  const size = p < 0.001 ? "p < 0.001" : `p ${p.toFixed(p < 0.1 ? 3 : 2)}`;
  return p < significant ? `differs, ${size}` : size;
}

function cells([metric, step, unit, a, b, moved, low, high, p, note]: PairMetric): Child[] {
  const shown = (each: number | null): Child =>
    each === null ? unknown(note) : datum(each, value(each, unit));
  return [
    metricCell(metric, step),
    shown(a),
    shown(b),
    moved === null ? unknown(note) : datum(moved, change(moved, unit)),
    low === null || high === null ? unknown(note) : changeRange([low, high], unit),
    p === null ? unknown(note) : datum(p, evidence(p)),
  ];
}

function pairTable(pair: Pair, onlyChanged: boolean): HTMLElement {
  const shown = pair.metrics.filter(([, , , , , , , , p]) => !onlyChanged || (p ?? 1) < significant);
  if (shown.length === 0) {
    return h("p", { class: "no-data" }, "Over runs: nothing differs with p below 0.05.");
  }
  return table(
    "Over runs",
    [
      { title: "over runs", left: true },
      { title: "A", wide: true },
      { title: "B", wide: true },
      { title: "change" },
      { title: "95 % interval" },
      { title: "evidence" },
    ],
    shown.map(cells),
  );
}

function known(pair: Pair, onlyChanged: boolean): Child[] {
  const notes = new Set(pair.metrics.map(([, , , , , , , , , note]) => note).filter(Boolean));
  return [
    pairTable(pair, onlyChanged),
    h(
      "p",
      { class: "note" },
      `${count(pair.a_runs.length)} runs of A against ${count(pair.b_runs.length)} of B, design ${words(pair.design)}: ${pair.summary}. A and B are typical values over runs; interval and p weigh how much runs of one build differ from each other. It decides nothing: a gate does.`,
    ),
    ...[...notes].slice(0, 3).map((note) => h("p", { class: "note" }, `Not known: ${note}.`)),
    ...pair.warnings.map((warning) =>
      h("p", { class: "warning" }, h("i", { "aria-hidden": true }, "!"), warning),
    ),
  ];
}

/** For a POSIX shell, whatever is in it. */
function quoted(text: string): string {
  return /^[\w.:/+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function selector({ key, subject }: EvidenceSide): string {
  return key.startsWith("build:") ? quoted(`build:${subject.build}`) : key.replace("run:", "");
}

function command(a: EvidenceSide, b: EvidenceSide): string {
  const builds = [a, b].some((side) => side.key.startsWith("build:"));
  const scenario = builds ? ` --scenario ${quoted(a.subject.scenario)}` : "";
  return `weir compare ${selector(a)} ${selector(b)}${scenario}`;
}

function asked(report: Report, a: EvidenceSide, b: EvidenceSide): Child[] {
  const turned = pairOf(report, b, a);
  if (turned) {
    return [
      h(
        "p",
        { class: "note" },
        "Interval and evidence over runs are known the other way round: ",
        h("a", { href: linkTo(["compare"], { a: b.key, b: a.key }) }, "turn A and B round"),
        ".",
      ),
    ];
  }
  const why =
    a.runs.length === 1 || b.runs.length === 1
      ? "One run of a side does not tell how much runs differ by themselves, so there is no evidence here that the next run would differ too. With more runs of each side:"
      : "Interval and evidence over runs of these two are not in this report. They are told by:";
  const text = command(a, b);
  return [
    h("p", { class: "note" }, why),
    h("pre", { class: "command", tabindex: 0 }, name(text)),
    copyButton(() => text, "Copy the command", "Command"),
  ];
}

/** Of `a` against `b`, as sure as runs are. */
export function evidenceOf(
  report: Report,
  a: EvidenceSide,
  b: EvidenceSide,
  onlyChanged: boolean,
): HTMLElement {
  const pair = pairOf(report, a, b);
  return h(
    "div",
    { class: "evidence" },
    ...(pair ? known(pair, onlyChanged) : asked(report, a, b)),
  );
}
