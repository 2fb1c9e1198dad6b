// Which other runs are drawn over a run's percentile spectrum; kept in the address.
import { runName, type Report, type Run } from "../data";
import { h } from "../dom";
import { short } from "../format";
import { currentRoute, replaceParameter } from "../route";

/** With the run itself, as many as can be told apart. */
export const overlaysMax = 7;

/** Runs that could be laid over `run`: of its scenario, with a page, the newest first. */
function candidates(report: Report, run: Run): Run[] {
  return [...report.pages.values()]
    .filter((each) => each.scenario === run.scenario && each !== run)
    .reverse()
    .slice(0, 30);
}

/** Those that the address asks for. */
export function overlaid(report: Report, run: Run): Run[] {
  const asked = (currentRoute().parameters.get("with") ?? "").split(",");
  return candidates(report, run)
    .filter((each) => asked.includes(String(each.run)))
    .slice(0, overlaysMax);
}

/** A box for each of them; null when there is no other run. */
export function overlayChoice(report: Report, run: Run, onChange: () => void): HTMLElement | null {
  const others = candidates(report, run);
  if (others.length === 0) {
    return null;
  }
  const boxes = others.map((other) => {
    const box = h("input", { type: "checkbox", value: String(other.run) });
    box.checked = overlaid(report, run).includes(other);
    box.addEventListener("change", () => {
      const chosen = boxes.filter(({ input }) => input.checked).map(({ input }) => input.value);
      replaceParameter("with", chosen.slice(0, overlaysMax).join(","));
      refuse();
      onChange();
    });
    const text = other.build ? `${runName(other)}, ${short(other.build, 16)}` : runName(other);
    return { input: box, element: h("label", {}, box, " ", text) };
  });
  const refuse = (): void => {
    const full = boxes.filter(({ input }) => input.checked).length >= overlaysMax;
    boxes.forEach(({ input }) => (input.disabled = full && !input.checked));
  };
  refuse();
  const details = h(
    "details",
    { class: "overlay" },
    h("summary", {}, `Lay other runs over it, at most ${overlaysMax}`),
    h("div", { class: "boxes" }, ...boxes.map(({ element }) => element)),
  );
  details.open = overlaid(report, run).length > 0;
  return details;
}
