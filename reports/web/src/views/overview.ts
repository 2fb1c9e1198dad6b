import type { Figure } from "../charts/plot";
import { trendFigure } from "../charts/trend";
import type { Report } from "../data";
import { h } from "../dom";
import { count, minute } from "../format";
import { changesTable } from "../parts/changes";
import { chosenMetric, metricChoice } from "../parts/metrics";
import { section } from "../parts/table";
import { runsTable } from "../parts/runs";
import { verdictCard } from "../parts/verdict";
import { go } from "../route";
import { byScenario, runKey } from "../rows";
import type { View } from "./view";

function summary(report: Report): string {
  const scenarios = byScenario(report.runs).size;
  const builds = new Set(report.runs.map((run) => run.build)).size;
  const words = (number: number, word: string): string =>
    `${count(number)} ${word}${number === 1 ? "" : "s"}`;
  return `${words(report.runs.length, "run")} of ${words(scenarios, "scenario")} on ${words(builds, "build")}. Written ${minute(report.generated_at)} UTC.`;
}

export function overview(report: Report): View {
  const figures: Figure[] = [];
  const charts = h("div", { class: "charts" });
  const drawCharts = (): void => {
    figures.splice(0).forEach((figure) => figure.destroy());
    for (const [scenario, runs] of byScenario(report.runs)) {
      figures.push(
        trendFigure(
          { scenario, runs, changes: report.changes.changepoints },
          chosenMetric(),
          (run) => go(["run", runKey(run)]),
        ),
      );
    }
    charts.replaceChildren(...figures.map((figure) => figure.element));
  };
  drawCharts();
  const redraw = (): void => {
    drawCharts();
    figures.forEach((figure) => figure.draw());
  };
  const trends = section("Runs over time", metricChoice(redraw), charts);
  const element = h(
    "main",
    {},
    h("h1", { class: "name" }, report.title),
    h("p", { class: "lead" }, summary(report)),
    report.verdicts.length > 0
      ? section(
          report.verdicts.length === 1 ? "Verdict" : "Verdicts",
          ...report.verdicts.map((each) => verdictCard(report, each, "linked")),
        )
      : null,
    report.runs.length > 0 ? trends : null,
    report.changes.changepoints.length > 0
      ? section("Change points", changesTable(report, report.changes.changepoints))
      : null,
    section(
      "Runs",
      report.runs.length > 0
        ? runsTable(report.runs)
        : h("p", { class: "no-data" }, "No runs in this report."),
    ),
  );
  return { title: report.title, element, figures };
}
