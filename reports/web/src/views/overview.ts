import type { Figure } from "../charts/plot";
import { metrics, trendFigure, type Metric } from "../charts/trend";
import { byScenario, runKey, type Report } from "../data";
import { h } from "../dom";
import { count, minute } from "../format";
import { changesTable } from "../parts/changes";
import { section } from "../parts/table";
import { runsTable } from "../parts/runs";
import { verdictCard } from "../parts/verdict";
import { currentRoute, go, replaceParameter } from "../route";
import type { View } from "./view";

function chosenMetric(): Metric {
  const key = currentRoute().parameters.get("metric");
  const fallback = metrics.find((metric) => metric.key === "p99");
  return metrics.find((metric) => metric.key === key) ?? (fallback as Metric);
}

function metricChoice(onChange: () => void): HTMLElement {
  const choice = h("div", {
    class: "choice",
    role: "radiogroup",
    "aria-label": "Metric of the charts",
  });
  for (const metric of metrics) {
    const input = h("input", {
      type: "radio",
      name: "metric",
      value: metric.key,
      change: () => {
        replaceParameter("metric", metric.key);
        onChange();
      },
    });
    input.checked = metric.key === chosenMetric().key;
    choice.append(h("label", {}, input, h("span", {}, metric.title)));
  }
  return choice;
}

function summary(report: Report): string {
  const scenarios = byScenario(report).size;
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
    for (const [scenario, runs] of byScenario(report)) {
      figures.push(
        trendFigure(
          { scenario, runs, changes: report.changes.changepoints },
          chosenMetric(),
          (run) => go(["run", runKey(report, run)]),
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
        ? runsTable(report, report.runs)
        : h("p", { class: "no-data" }, "No runs in this report."),
    ),
  );
  return { title: report.title, element, figures };
}
