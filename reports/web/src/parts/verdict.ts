import { effectPicture, effectSpan } from "../charts/effect";
import type { Check, Report, Verdict, VerdictWord } from "../data";
import { datum, h, name, unknown } from "../dom";
import * as format from "../format";
import { linkTo } from "../route";
import { table } from "./table";

const marks: Record<VerdictWord | "unknown", string> = {
  pass: "✓",
  warn: "!",
  inconclusive: "?",
  fail: "✗",
  unknown: "?",
};

/** The word of an outcome with its mark: never colour alone. */
export function badge(word: VerdictWord | "unknown"): HTMLElement {
  return h(
    "span",
    { class: `badge verdict-${word}` },
    h("i", { "aria-hidden": true }, marks[word]),
    word,
  );
}

export function metricWords(check: Check): string {
  return format.words(check.metric).replace(".", ", ");
}

function checkRow(check: Check, span: number): (Node | string)[] {
  const shown = (value: number | null): Node =>
    value === null ? unknown(check.reason) : datum(value, format.value(value, check.unit));
  const change = check.change_ratio;
  return [
    badge(check.verdict),
    h(
      "span",
      {},
      check.step ? h("span", {}, name(check.step), ": ") : null,
      name(metricWords(check)),
    ),
    shown(check.baseline),
    shown(check.candidate),
    h(
      "span",
      { class: "moved" },
      change === null ? unknown(check.reason) : datum(change, format.change(change, check.unit)),
      h(
        "small",
        {},
        check.interval ? format.changeRange(check.interval, check.unit) : unknown(check.reason),
      ),
    ),
    check.tolerance === null
      ? name(check.demand ?? "")
      : `± ${format.change(check.tolerance, check.unit).slice(1)}`,
    effectPicture(check, span, "small") ?? "",
  ];
}

function checksTable(checks: Check[]): HTMLElement {
  const span = effectSpan(checks);
  return table(
    "Checks",
    [
      { title: "verdict", left: true },
      { title: "metric", left: true },
      { title: "baseline", wide: true },
      { title: "candidate", wide: true },
      { title: "change, interval" },
      { title: "tolerance", wide: true },
      { title: "interval against tolerance", left: true, wide: true },
    ],
    checks.map((check) => checkRow(check, span)),
  );
}

// Checks that did not pass say why; the one that decided has said it above.
function reasons(verdict: Verdict): HTMLElement[] {
  return verdict.checks
    .filter(
      (check) => check.verdict !== "pass" && check.reason !== "" && check.reason !== verdict.reason,
    )
    .map((check) => h("p", { class: "note" }, `${metricWords(check)}: ${check.reason}`));
}

export function runList(report: Report, numbers: number[]): string {
  const known = numbers.filter((number) => report.runs.some((run) => run.run === number));
  const shown = (known.length > 0 ? known : numbers).slice(0, 12).join(", ");
  return `${numbers.length === 1 ? "run" : `${numbers.length} runs:`} ${shown}${numbers.length > 12 ? ", …" : ""}`;
}

/** `linked`: with a way to the comparison of the two sides. */
export function verdictCard(
  report: Report,
  verdict: Verdict,
  linked: "linked" | "plain",
): HTMLElement {
  return h(
    "article",
    { class: `card verdict-${verdict.verdict}` },
    h(
      "header",
      {},
      badge(verdict.verdict),
      h(
        "h3",
        {},
        name(verdict.candidate),
        h("span", { class: "against" }, " against "),
        name(verdict.baseline),
      ),
    ),
    h("p", { class: "reason" }, verdict.reason),
    verdict.checks.length > 0
      ? checksTable(verdict.checks)
      : h("p", { class: "no-data" }, "Nothing was checked."),
    ...reasons(verdict),
    ...verdict.warnings.map((warning) =>
      h("p", { class: "warning" }, h("i", { "aria-hidden": true }, "!"), warning),
    ),
    h(
      "footer",
      {},
      `Candidate: ${runList(report, verdict.candidate_runs)}. Baseline: ${runList(report, verdict.baseline_runs)}. Design: ${verdict.design}. `,
      h("a", { href: linkTo(["gate", String(report.verdicts.indexOf(verdict))]) }, "All about it"),
      linked === "linked" ? ". " : null,
      linked === "linked"
        ? h(
            "a",
            { href: linkTo(["compare"], { verdict: String(report.verdicts.indexOf(verdict)) }) },
            "Compare the two",
          )
        : null,
    ),
  );
}
