// The runs before and after one, of the same scenario.
import type { Report } from "../data";
import { h, type Child } from "../dom";
import { linkTo } from "../route";
import { runKey, type Row } from "../rows";

export function neighbours(report: Report, run: number): HTMLElement {
  const scenario = report.runs.find((each) => each.run === run)?.scenario;
  const same = report.runs.filter((each) => each.scenario === scenario);
  const at = same.findIndex((each) => each.run === run);
  const [earlier, later] = [same[at - 1], same[at + 1]];
  const link = (to: Row | undefined, text: string): Child =>
    to ? h("a", { href: linkTo(["run", runKey(to)]) }, text) : null;
  const both = earlier && report.pages.has(earlier.run) && report.pages.has(run);
  return h(
    "nav",
    { class: "neighbours", "aria-label": "Neighbouring runs" },
    link(earlier, "← earlier run"),
    link(later, "later run →"),
    scenario === undefined
      ? null
      : h("a", { href: linkTo(["history", scenario]) }, "history of the scenario"),
    both
      ? h(
          "a",
          { href: linkTo(["compare"], { a: `run:${earlier.run}`, b: `run:${run}` }) },
          "compare with the earlier one",
        )
      : null,
  );
}
