// What the newest verdict said of the runs that one is among.
import type { Report } from "../data";
import { h, name } from "../dom";
import { linkTo } from "../route";
import { badge } from "./verdict";

/** Null where no verdict of this report judged that run. */
export function judgedBanner(report: Report, run: number): HTMLElement | null {
  const at = report.verdicts.findIndex(({ candidate_runs: judged }) => judged.includes(run));
  const verdict = report.verdicts[at];
  return verdict
    ? h(
        "section",
        { class: `banner verdict-${verdict.verdict}`, "aria-label": "Verdict" },
        h("p", {}, badge(verdict.verdict), " ", name(verdict.candidate), " against ", name(verdict.baseline)),
        h("p", {}, h("bdi", {}, verdict.reason), " ", h("a", { href: linkTo(["gate", String(at)]) }, "All about it")),
      )
    : null;
}
