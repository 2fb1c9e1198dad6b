import { effectPicture, effectSpan } from "../charts/effect";
import type { Check, Report, Verdict } from "../data";
import { datum, h, name, unknown, type Child } from "../dom";
import * as format from "../format";
import { section, table } from "../parts/table";
import { badge, metricWords, runList } from "../parts/verdict";
import { linkTo } from "../route";
import type { View } from "./view";

function limitWords(check: Check): Child {
  return check.tolerance === null
    ? name(check.demand ?? "")
    : `a change of ${format.change(check.tolerance, check.unit).slice(1)} is tolerated`;
}

function shown(check: Check, value: number | null): Child {
  return value === null
    ? unknown(check.reason)
    : datum(value, format.value(value, check.unit));
}

function effectWords(check: Check): Child {
  if (check.change_ratio === null) {
    return unknown(check.reason);
  }
  const size = format.change(check.change_ratio, check.unit);
  const range = check.interval
    ? `, 90 % interval ${format.changeRange(check.interval, check.unit)}`
    : ", no interval";
  return h("span", {}, datum(check.change_ratio, size), range);
}

function probability(value: number): string {
  return value < 0.0001 ? "below 0.0001" : String(Number(value.toPrecision(2)));
}

function testWords(check: Check): string | null {
  if (check.p_value === null) {
    return null;
  }
  const limit =
    check.alpha === null ? "" : `; below ${probability(check.alpha)} is evidence enough`;
  return `p ${probability(check.p_value)} for "worse"${limit}`;
}

function powerWords(check: Check): string | null {
  const parts = [
    check.detectable === null
      ? ""
      : `these runs find a change of ${format.change(check.detectable, check.unit).slice(1)} in 4 of 5 cases`,
    check.runs_needed === null ? "" : `${check.runs_needed} runs a side would probably decide`,
  ].filter(Boolean);
  return parts.length > 0 ? parts.join("; ") : null;
}

function checkCard(check: Check, span: number): HTMLElement {
  const score = check.key
    ? "its fail is a fail of the whole"
    : check.weight === 1
      ? null
      : `weight ${check.weight} in the score`;
  const rows: [string, Child][] = [
    ["baseline", shown(check, check.baseline)],
    ["candidate", shown(check, check.candidate)],
    ["limit", limitWords(check)],
    ["effect", effectWords(check)],
    ["", effectPicture(check, span, "large")],
    ["evidence", testWords(check)],
    ["power", powerWords(check)],
    ["reason", check.reason === "" ? null : h("bdi", {}, check.reason)],
    ["would flip it", check.flip === "" ? null : h("bdi", {}, check.flip)],
    ["counts", score],
    ["waived", check.waiver === "" ? null : name(check.waiver)],
  ];
  return h(
    "article",
    { class: `card verdict-${check.verdict}` },
    h(
      "header",
      {},
      badge(check.verdict),
      h(
        "h3",
        {},
        check.step ? h("span", {}, name(check.step), ": ") : null,
        name(metricWords(check)),
      ),
    ),
    h(
      "dl",
      { class: "facts" },
      ...rows
        .filter(([, value]) => value !== null)
        .flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]),
    ),
  );
}

function history(report: Report, shownVerdict: Verdict): HTMLElement {
  return table(
    "Verdicts",
    [
      { title: "verdict", left: true },
      { title: "candidate", left: true },
      { title: "baseline", left: true, wide: true },
      { title: "decided (UTC)", left: true, wide: true },
      { title: "checks" },
      { title: "action", left: true, wide: true },
      { title: "", left: true },
    ],
    report.verdicts.map((verdict, i) => [
      badge(verdict.verdict),
      name(verdict.candidate, { class: "name cut" }),
      name(verdict.baseline, { class: "name cut" }),
      verdict.decided_at ? format.minute(verdict.decided_at) : "",
      datum(verdict.checks.length, format.count(verdict.checks.length)),
      format.words(verdict.action),
      verdict === shownVerdict
        ? "shown above"
        : h("a", { href: linkTo(["gate", String(i)]) }, "open"),
    ]),
  );
}

function scoreWords(verdict: Verdict): string | null {
  if (!verdict.score) {
    return null;
  }
  const [low, high] = verdict.score.map(format.percentTick);
  return low === high ? `score ${low}` : `score ${low} to ${high}: inconclusive checks leave it open`;
}

// What it rests on can be had again, bit for bit, as long as the history has its record.
function sealWords(verdict: Verdict): Child {
  if (!verdict.decided_at) {
    return null;
  }
  const seal = verdict.sha256
    ? h("span", {}, "; evidence ", h("code", { class: "hash" }, verdict.sha256))
    : "; without a record of its evidence";
  return h("p", { class: "note" }, `Decided ${format.minute(verdict.decided_at)} UTC`, seal);
}

/** The verdict with the number `key`, the newest without one; null when there is none such. */
export function gateView(report: Report, key: string | undefined): View | null {
  if (report.verdicts.length === 0 && key === undefined) {
    const empty = h("p", { class: "no-data" }, "No verdicts in this report: weir gate makes them.");
    return { title: "Gates", element: h("main", {}, h("h1", {}, "Gates"), empty), figures: [] };
  }
  const verdict = report.verdicts[Number(key ?? 0)];
  if (!verdict) {
    return null;
  }
  const span = effectSpan(verdict.checks);
  const notes = [
    verdict.action_reason,
    scoreWords(verdict),
    `Candidate: ${runList(report, verdict.candidate_runs)}. Baseline: ${runList(report, verdict.baseline_runs)}. Design: ${verdict.design}.`,
  ].filter((text): text is string => Boolean(text));
  const element = h(
    "main",
    {},
    h("p", { class: "crumbs" }, h("a", { href: linkTo([]) }, "All runs")),
    h(
      "h1",
      {},
      badge(verdict.verdict),
      " ",
      name(verdict.candidate),
      h("span", { class: "of" }, " against ", name(verdict.baseline)),
    ),
    h("p", { class: "lead" }, verdict.reason),
    h("p", {}, `What follows: ${format.words(verdict.action)}.`),
    ...notes.map((text) => h("p", { class: "note" }, text)),
    sealWords(verdict),
    ...verdict.warnings.map((warning) =>
      h("p", { class: "warning" }, h("i", { "aria-hidden": true }, "!"), warning),
    ),
    section(
      "Checks",
      verdict.checks.length > 0
        ? h("div", {}, ...verdict.checks.map((check) => checkCard(check, span)))
        : h("p", { class: "no-data" }, "Nothing was checked."),
    ),
    section("Verdicts", history(report, verdict)),
  );
  return { title: `${verdict.verdict}, ${format.short(verdict.candidate, 60)}`, element, figures: [] };
}
