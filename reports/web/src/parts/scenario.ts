// The scenario as it was run.
import type { Run } from "../data";
import { h } from "../dom";
import { section } from "./table";

/** Null where the run did not keep it. */
export function scenarioSection(run: Run): HTMLElement | null {
  return run.scenario_text === ""
    ? null
    : section(
        "Scenario",
        h(
          "details",
          { class: "source" },
          h("summary", {}, "As it was run"),
          h("pre", { tabindex: 0, "aria-label": "Scenario as it was run" }, run.scenario_text),
        ),
      );
}
