import { historyChart, noHistory, segmentsOf, stretch, type HistoryChart } from "../charts/history";
import { deployments, forecastOf, gateLimit, moves } from "../charts/marks";
import { figure, type ChartFigure, type Figure, type Slice } from "../charts/plot";
import type { Report } from "../data";
import { datum, h, name, unknown } from "../dom";
import { change, count } from "../format";
import { changesTable } from "../parts/changes";
import { filtered, filterForm } from "../parts/filter";
import { chosenMetric, metricChoice } from "../parts/metrics";
import { runsTable } from "../parts/runs";
import { section, table } from "../parts/table";
import { currentRoute, go, linkTo, replaceParameter } from "../route";
import { byScenario, runKey, type Row } from "../rows";
import type { View } from "./view";

/** The stretch that the address asks for, as "12-18", numbers of runs. */
function addressed(runs: Row[], parameter: "range" | "zoom"): Slice | null {
  const [first, last] = (currentRoute().parameters.get(parameter) ?? "").split("-");
  const from = runs.findIndex((run) => runKey(run) === first);
  const to = runs.findIndex((run) => runKey(run) === last);
  return from >= 0 && from <= to ? { from, to } : null;
}

/** The way back. */
function inWords(runs: Row[], slice: Slice | null): string {
  const ends = slice ? [runs[slice.from], runs[slice.to]] : [];
  return ends.map((run) => (run ? runKey(run) : "")).join("-");
}

/** What the chosen filter and metric leave, however far the reader zooms into it. */
type Shown = Pick<HistoryChart, "runs" | "metric" | "segments" | "marks" | "limit" | "forecast">;

function shownOf(report: Report, scenario: string, all: Row[]): Shown {
  const runs = filtered(all);
  const metric = chosenMetric();
  const changes = report.changes.changepoints.filter((each) => each.scenario === scenario);
  return {
    runs,
    metric,
    segments: segmentsOf(runs, changes, metric),
    marks: [...moves(runs), ...deployments(runs, report.deploys)],
    limit: gateLimit(report, runs, metric),
    forecast: forecastOf(report, runs, metric),
  };
}

function segmentsTable({ runs, metric, segments }: Shown): HTMLElement {
  return table(
    "Segments",
    [
      { title: "runs", left: true },
      { title: "with a value", wide: true },
      { title: `median ${metric.title}` },
      { title: "90 % interval" },
      { title: "against the one before" },
    ],
    segments.map((segment, i) => {
      const before = segments[i - 1];
      return [
        stretch(runs, segment),
        datum(segment.runs, count(segment.runs)),
        datum(segment.value, metric.format(segment.value)),
        segment.interval
          ? segment.interval.map(metric.format).join(" … ")
          : unknown("fewer than 5 runs"),
        before && before.value !== 0
          ? datum(segment.value / before.value - 1, change(segment.value / before.value - 1, ""))
          : "–",
      ];
    }),
  );
}

function lists(report: Report, scenario: string, history: Shown): HTMLElement {
  const { runs } = history;
  const range = addressed(runs, "range");
  const shown = range ? runs.slice(range.from, range.to + 1) : runs;
  const numbers = new Set(shown.map((run) => run.run));
  const changes = report.changes.changepoints.filter(
    (each) => each.scenario === scenario && numbers.has(each.run),
  );
  return h(
    "div",
    {},
    runs.length > 0 ? section("Segments", segmentsTable(history)) : null,
    section(
      "Change points",
      changes.length > 0
        ? changesTable(report, changes, "no scenario")
        : h("p", { class: "no-data" }, "None in these runs."),
    ),
    section(
      range ? `Runs: ${stretch(runs, range)}` : "Runs",
      shown.length > 0
        ? runsTable(shown)
        : h("p", { class: "no-data" }, "No run is left by the filter."),
    ),
  );
}

export function historyView(report: Report, scenario: string): View | null {
  const all = byScenario(report.runs).get(scenario);
  if (!all) {
    return null;
  }
  const figures: Figure[] = [];
  const place = h("div", {});
  const below = h("div", {});
  let live: ChartFigure | null = null;
  let shown = shownOf(report, scenario, all);
  const chart = (): void => {
    const { runs } = shown;
    const range = addressed(runs, "range");
    const view = addressed(runs, "zoom");
    const history: HistoryChart = {
      ...shown,
      view,
      slice: view ? null : range,
      onSlice: (slice) => {
        replaceParameter("range", inWords(runs, slice));
        offer(slice, view);
        below.replaceChildren(lists(report, scenario, shown));
      },
      open: (run) => go(["run", runKey(run)]),
    };
    const next = historyChart(history);
    if (next && live) {
      live.show(next);
    } else {
      figures.splice(0).forEach((each) => each.destroy());
      live = next && figure(next);
      figures.push(live ?? noHistory(history));
      place.replaceChildren(...figures.map((each) => each.element));
    }
    offer(range, view);
  };
  const build = (): void => {
    shown = shownOf(report, scenario, all);
    chart();
    below.replaceChildren(lists(report, scenario, shown));
  };
  const redrawn = (change: () => void): void => {
    const [before] = figures;
    change();
    if (figures[0] !== before) {
      figures.forEach((each) => each.draw());
    }
  };
  const rebuild = (): void => redrawn(build);
  const zoomTo = (range: string): void => {
    replaceParameter("zoom", range);
    redrawn(chart);
  };
  const zoomIn = h(
    "button",
    {
      type: "button",
      class: "copy",
      click: () => zoomTo(currentRoute().parameters.get("range") ?? ""),
    },
    "Zoom to the range",
  );
  const zoomOut = h("button", { type: "button", class: "copy", click: () => zoomTo("") }, "All runs");
  const offer = (range: Slice | null, view: Slice | null): void => {
    zoomIn.hidden = !range || (view?.from === range.from && view.to === range.to);
    zoomOut.hidden = !view;
  };
  build();
  const others = [...byScenario(report.runs).keys()].filter((each) => each !== scenario).slice(0, 20);
  const element = h(
    "main",
    {},
    h("p", { class: "crumbs" }, h("a", { href: linkTo([]) }, "All runs")),
    h("h1", {}, "History ", h("span", { class: "of" }, name(scenario))),
    section("Runs over time", filterForm(all, rebuild), metricChoice(rebuild), place, zoomIn, " ", zoomOut),
    below,
    others.length > 0
      ? h(
          "nav",
          { class: "neighbours", "aria-label": "Other scenarios" },
          ...others.map((each) => h("a", { href: linkTo(["history", each]) }, name(each))),
        )
      : null,
  );
  return { title: `History, ${scenario.slice(0, 60)}`, element, figures };
}
