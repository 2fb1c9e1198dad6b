// The charts of the dashboard: fetched when the monitor says that it has others.
import {
  seriesChart,
  serviceCharts,
  type Series,
  type ServiceSeries,
  type TimeMark,
} from "./charts/live_trend";
import { figure, type Chart, type ChartFigure } from "./charts/plot";
import { h } from "./dom";
import { themeChanged } from "./theme";

interface Trends {
  version: number;
  series: Series[];
  series_left_out: number;
  services: ServiceSeries[];
  marks: TimeMark[];
}

/** A busy monitor has others with each evaluation. */
const pauseMs = 2000;
const freshMs = 5000;

interface Shown {
  figure: ChartFigure;
  text: string; // What it was made of.
}

/** Charts that stay what they are while their numbers change. */
export class ChartList {
  readonly element = h("div", { class: "charts" });
  private readonly shown = new Map<string, Shown>();

  constructor() {
    themeChanged.addEventListener("change", () => this.shown.forEach((each) => each.figure.draw()));
  }

  show(charts: { key: string; of: unknown; chart: Chart }[]): void {
    const keys = new Set(charts.map(({ key }) => key));
    for (const [key, { figure: gone }] of this.shown) {
      if (!keys.has(key)) {
        gone.destroy();
        gone.element.remove();
        this.shown.delete(key);
      }
    }
    charts.forEach(({ key, of, chart }, i) => {
      const text = JSON.stringify(of);
      const before = this.shown.get(key);
      const made = before?.figure ?? figure(chart);
      if (this.element.children[i] !== made.element) {
        this.element.insertBefore(made.element, this.element.children[i] ?? null);
      }
      made.element.setAttribute("data-chart", key);
      if (!before) {
        made.draw();
      } else if (before.text !== text) {
        made.show(chart);
      }
      this.shown.set(key, { figure: made, text });
    });
  }
}

const list = new ChartList();
const hint = h("p", { class: "hint" });
export const trends = h("section", { class: "trends", hidden: true }, h("h2", {}, "Trends"), hint, list.element);

let wanted = -1; // The version that the monitor has.
let version = -1; // The one that is shown.
let askedMs = -Infinity;
let arrivedMs = -Infinity;
let asking = false;

function take(now: Trends): void {
  version = now.version;
  arrivedMs = performance.now();
  const charts = [
    ...now.services.flatMap((service) =>
      serviceCharts(service, now.marks).map((chart) => ({
        key: chart.title,
        of: [service, now.marks],
        chart,
      })),
    ),
    ...now.series.flatMap((series) => {
      const chart = seriesChart(series, now.marks);
      return chart ? [{ key: series.id, of: [series, now.marks], chart }] : [];
    }),
  ];
  trends.hidden = charts.length === 0;
  const more = now.series_left_out;
  hint.textContent = more === 0 ? "" : `${more} more series are watched; these are the nearest to an alert.`;
  list.show(charts);
}

async function ask(): Promise<void> {
  asking = true;
  askedMs = performance.now();
  try {
    const answer = await fetch("api/v1/trends");
    if (answer.ok) {
      take((await answer.json()) as Trends);
    }
  } catch {
    // It fades.
  }
  asking = false;
}

/** Another number: there is something new to fetch. */
export function trendsAt(now: number): void {
  wanted = now;
  followTrends();
}

/** To be called a few times a second. */
export function followTrends(): void {
  const now = performance.now();
  if (wanted !== version && !asking && now - askedMs >= pauseMs) {
    void ask();
  }
  trends.classList.toggle("old", wanted !== version && now - arrivedMs > freshMs);
}
