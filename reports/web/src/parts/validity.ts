import type { Run, Validity } from "../data";
import { h, type Child } from "../dom";

const marks: Record<Validity["grade"], string> = { valid: "✓", suspect: "!", invalid: "✗" };

const meanings: Record<Validity["grade"], string> = {
  valid: "Nothing speaks against these figures.",
  suspect: "Some of these figures are worse than they look.",
  invalid: "These figures are not of the load that was planned: no verdict may rest on them.",
};

/** The word of a grade with its mark: never colour alone. */
export function gradeBadge(grade: Validity["grade"]): HTMLElement {
  return h(
    "span",
    { class: `badge grade-${grade}` },
    h("i", { "aria-hidden": true }, marks[grade]),
    grade,
  );
}

/** Why a run that is not valid is not, each reason with its cure; `of` says which run it is. */
export function validityBanner(run: Run, of?: Child): HTMLElement | null {
  if (run.validity === null || run.validity.grade === "valid") {
    return null;
  }
  const { grade, reasons } = run.validity;
  return h(
    "section",
    { class: `banner grade-${grade}`, "aria-label": "Validity" },
    h("p", {}, of ?? null, of ? " " : null, gradeBadge(grade), " ", meanings[grade]),
    h("ul", {}, ...reasons.map((reason) => h("li", {}, sentence(reason.text)))),
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith(".") ? "" : ".");
}
