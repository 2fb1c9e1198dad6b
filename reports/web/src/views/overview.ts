import type { Figure } from "../charts/plot";
import { trendFigure, type Trend } from "../charts/trend";
import type { Change, Report } from "../data";
import { h } from "../dom";
import { count, minute } from "../format";
import { changesTable } from "../parts/changes";
import { chosenMetric, metricChoice } from "../parts/metrics";
import { section } from "../parts/table";
import { runsTable } from "../parts/runs";
import { badge, verdictCard } from "../parts/verdict";
import { go, linkTo } from "../route";
import { byScenario, runKey, type Row } from "../rows";
import type { View } from "./view";

function summary(report: Report): string {
  const scenarios = byScenario(report.runs).size;
  const builds = new Set(report.runs.map((run) => run.build)).size;
  const words = (number: number, word: string): string =>
    `${count(number)} ${word}${number === 1 ? "" : "s"}`;
  return `${words(report.runs.length, "run")} of ${words(scenarios, "scenario")} on ${words(builds, "build")}. Written ${minute(report.generated_at)} UTC.`;
}

/** Each scenario, and each branch of one that has several, in order of its first run. */
function trendsOf(report: Report): Trend[] {
  const changes = report.changes.changepoints;
  return [...byScenario(report.runs)].flatMap(([scenario, all]) => {
    const branches = [...new Set(all.map((run) => run.branch))];
    return branches.length === 1
      ? [{ scenario, runs: all, changes }]
      : branches.map((branch) => ({
          scenario,
          branch,
          runs: all.filter((run) => run.branch === branch),
          changes,
        }));
  });
}

/** The newest verdict on any of these runs, as a way to it. */
function newestOf(report: Report, runs: Row[]): HTMLElement | null {
  const numbers = new Set(runs.map((run) => run.run));
  const at = report.verdicts.findIndex(({ candidate_runs: judged }) =>
    judged.some((run) => numbers.has(run)),
  );
  const verdict = report.verdicts[at];
  return verdict
    ? h("a", { href: linkTo(["gate", String(at)]), class: "latest" }, badge(verdict.verdict))
    : null;
}

const movedMax = 20;

/** What moved in the newest runs, the surest first. */
function movedLately(report: Report): HTMLElement | null {
  const all = report.changes.changepoints;
  const newest = all.slice(0, movedMax);
  const sure = (change: Change): number => change.confidence;
  const size = (change: Change): number => Math.abs(change.change_ratio ?? change.change);
  newest.sort((a, b) => sure(b) - sure(a) || size(b) - size(a));
  const more = all.length - newest.length;
  return all.length === 0
    ? null
    : section(
        "What moved lately",
        changesTable(report, newest, "scenario"),
        more > 0
          ? h("p", { class: "note" }, `The newest ${movedMax}, the surest first; ${count(more)} more are in the histories.`)
          : null,
      );
}

export function overview(report: Report): View {
  const figures: Figure[] = [];
  const charts = h("div", { class: "charts" });
  const drawCharts = (): void => {
    figures.splice(0).forEach((figure) => figure.destroy());
    for (const trend of trendsOf(report)) {
      const figure = trendFigure(trend, chosenMetric(), (run) => go(["run", runKey(run)]));
      const verdict = newestOf(report, trend.runs);
      if (verdict) {
        figure.element.querySelector("figcaption small")?.before(" ", verdict);
      }
      figures.push(figure);
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
    movedLately(report),
    section(
      "Runs",
      report.runs.length > 0
        ? runsTable(report.runs)
        : h("p", { class: "no-data" }, "No runs in this report."),
    ),
  );
  return { title: report.title, element, figures };
}
