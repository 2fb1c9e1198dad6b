// What a history is drawn with beside its runs: where builds were deployed, what the gate allows,
// what the next runs are expected to show.
import type uPlot from "uplot";
import type { Deploy, Forecast, Report } from "../data";
import { short } from "../format";
import type { Row } from "../rows";
import { colour } from "../theme";
import type { Metric } from "./trend";

/** A dashed or dotted line before the run `at`, and what it says. */
export interface Mark {
  at: number;
  text: string;
  kind: "environment" | "deploy";
}

/** Runs that were made somewhere else than the run before. */
export function moves(runs: Row[]): Mark[] {
  return runs.flatMap((run, at) =>
    at > 0 && run.environment !== runs[at - 1]?.environment
      ? [{ at, text: `environment: ${short(run.environment, 60)}`, kind: "environment" as const }]
      : [],
  );
}

/** Deployments of the builds of these runs, before the first run that started after them. */
export function deployments(runs: Row[], deploys: Deploy[]): Mark[] {
  const builds = new Set(runs.map((run) => run.build));
  return deploys
    .filter(({ build }) => build !== "" && builds.has(build))
    .flatMap(({ at: time, service, build, phase }) => {
      const at = runs.findIndex((run) => Date.parse(run.started_at) >= Date.parse(time));
      const what = `deploy: ${short([service, build].filter(Boolean).join(" "), 40)}, ${short(phase, 20)}`;
      return at < 0 ? [] : [{ at, text: what, kind: "deploy" as const }];
    });
}

/**
 * Where the newest verdict on these runs draws the line for the metric of the whole run: its
 * baseline and what is tolerated. Null where no such verdict is in the report.
 */
export function gateLimit(report: Report, runs: Row[], metric: Metric): number | null {
  for (const verdict of report.verdicts) {
    if (!runs.some(({ run }) => verdict.candidate_runs.includes(run))) {
      continue;
    }
    const check = verdict.checks.find((each) => each.step === "" && each.metric === metric.name);
    if (check && check.baseline !== null && check.tolerance !== null) {
      const down = metric.key === "rate";
      return check.unit === "ratio"
        ? check.baseline + check.tolerance
        : check.baseline * (1 + (down ? -check.tolerance : check.tolerance));
    }
  }
  return null;
}

/** The forecast that goes on from the last of these runs. */
export function forecastOf(report: Report, runs: Row[], metric: Metric): Forecast | null {
  const last = runs[runs.length - 1];
  return (
    report.forecasts.find(
      (each) =>
        each.scenario === last?.scenario &&
        each.metric === metric.name &&
        each.after === last.run,
    ) ?? null
  );
}

/** The fan of a forecast that begins at index `from`: 95 % light, 80 % on top of it. */
export function paintFan(plot: uPlot, forecast: Forecast, from: number): void {
  const { ctx } = plot;
  const x = (value: number): number => plot.valToPos(value, "x", true);
  const y = (value: number): number => plot.valToPos(value, "y", true);
  ctx.save();
  ctx.fillStyle = colour("band");
  for (const [low, high] of [
    [forecast.lo95, forecast.hi95],
    [forecast.lo80, forecast.hi80],
  ] as const) {
    ctx.beginPath();
    high.forEach((value, i) => ctx.lineTo(x(from + i), y(value)));
    for (let i = low.length - 1; i >= 0; i--) {
      ctx.lineTo(x(from + i), y(low[i] ?? 0));
    }
    ctx.closePath();
    ctx.fill();
  }
  ctx.restore();
}

export function paintMarks(plot: uPlot, marks: Mark[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const { at, kind } of marks) {
    const deploy = kind === "deploy";
    const x = plot.valToPos(at - 0.5, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) {
      continue;
    }
    ctx.strokeStyle = colour(deploy ? "series-3" : "quiet");
    ctx.lineWidth = devicePixelRatio * (deploy ? 1.5 : 1);
    ctx.setLineDash(deploy ? [] : [2 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, deploy ? bbox.top + bbox.height - 14 * devicePixelRatio : bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
