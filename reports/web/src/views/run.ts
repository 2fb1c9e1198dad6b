import { heatmapFigure } from "../charts/heatmap";
import { secondsFigures } from "../charts/seconds";
import type { Figure } from "../charts/plot";
import { spectrumFigure, type NamedCurve } from "../charts/spectrum";
import { useFigures } from "../charts/use";
import {
  errorRatio,
  runName,
  type Report,
  type Run,
  type Threshold,
} from "../data";
import { datum, h, name, unknown, type Child } from "../dom";
import * as format from "../format";
import { facts, tile } from "../parts/facts";
import { judgedBanner } from "../parts/judged";
import { latencyCell, latencySection, waitFactor } from "../parts/latency";
import { neighbours } from "../parts/neighbours";
import { overlaid, overlayChoice } from "../parts/overlay";
import { phasesSection } from "../parts/phases";
import { known, stateBadge } from "../parts/runs";
import { scenarioSection } from "../parts/scenario";
import { slicePart } from "../parts/slice";
import { stepsSection } from "../parts/steps";
import { section, table } from "../parts/table";
import { gradeBadge, validityBanner } from "../parts/validity";
import { badge } from "../parts/verdict";
import { linkTo } from "../route";
import type { View } from "./view";

function tiles(run: Run): HTMLElement {
  const { requests, rate_per_s: rates } = run;
  const errors = errorRatio(requests);
  const wrong = requests.planned - requests.completed;
  const planned =
    rates.planned === null ? "closed loop: a result" : `of ${format.rate(rates.planned)} planned`;
  return h(
    "dl",
    { class: "tiles" },
    tile("p50", latencyCell(run.latency_ns.response, "p50"), "response time"),
    tile("p99", latencyCell(run.latency_ns.response, "p99"), "response time"),
    tile(
      "rate",
      known(rates.achieved, format.rate, rates.achieved_reason),
      rates.achieved === null ? "nothing was measured" : planned,
    ),
    tile(
      "requests",
      datum(requests.planned, format.count(requests.planned)),
      `in ${format.seconds(run.measured_s)} measured`,
    ),
    tile(
      "errors",
      known(errors, format.percent),
      wrong === 0 ? "every request completed" : `${format.count(wrong)} did not complete`,
    ),
  );
}

// What a reader must know before believing the numbers.
function remarks(run: Run): HTMLElement[] {
  const lines: HTMLElement[] = [];
  if (run.state !== "complete") {
    const why = run.state_reason || "It ended before its plan did.";
    lines.push(
      h(
        "p",
        { class: "warning" },
        h("i", { "aria-hidden": true }, "!"),
        `This run is ${run.state}. ${why}`,
      ),
    );
  }
  const factor = waitFactor(run);
  if (factor !== null) {
    const text = `Response p99 is ${factor.toFixed(1)} times service p99: requests waited before they were sent.`;
    lines.push(h("p", { class: "warning" }, h("i", { "aria-hidden": true }, "!"), text));
  }
  return lines;
}

function observed(threshold: Threshold): Child {
  return threshold.observed === null
    ? unknown(threshold.reason)
    : datum(threshold.observed, format.value(threshold.observed, threshold.unit));
}

function thresholdsSection(run: Run): HTMLElement | null {
  return run.thresholds.length === 0
    ? null
    : section(
        "Thresholds",
        table(
          "Thresholds",
          [
            { title: "state", left: true },
            { title: "demanded", left: true },
            { title: "observed" },
            { title: "", left: true },
          ],
          run.thresholds.map((each) => [
            badge(each.state),
            name(each.threshold),
            observed(each),
            each.reason,
          ]),
        ),
      );
}

function errorsSection(run: Run): HTMLElement {
  const kinds = Object.entries(run.errors);
  const fates = (["failed", "timed_out", "dropped", "unfinished"] as const).filter(
    (fate) => run.requests[fate] > 0,
  );
  const share = (value: number): string =>
    run.requests.planned === 0 ? "n/a" : format.percent(value / run.requests.planned);
  if (kinds.length === 0 && fates.length === 0) {
    return section("Errors", h("p", { class: "no-data" }, "None: every request completed."));
  }
  const heads = [{ title: "", left: true }, { title: "requests" }, { title: "of planned" }];
  const row = (label: string, value: number): Child[] => [
    label,
    datum(value, format.count(value)),
    share(value),
  ];
  return section(
    "Errors",
    h(
      "div",
      { class: "columns" },
      table(
        "What became of requests",
        [{ ...heads[0], title: "outcome", left: true }, ...heads.slice(1)],
        fates.map((fate) => row(format.words(fate), run.requests[fate])),
      ),
      table(
        "Kinds of error",
        [{ ...heads[0], title: "kind", left: true }, ...heads.slice(1)],
        kinds.map(([kind, value]) => row(format.words(kind), value)),
      ),
    ),
  );
}

// What weir itself added to the latencies, when `weir doctor` last looked on this machine.
function instrumentError(run: Run): string | null {
  const { calibration_error_p99_ns: error, calibration_age_s: age } = run.validity?.evidence ?? {};
  return typeof error === "number" && typeof age === "number"
    ? `${error < 0 ? "−" : "+"}${format.value(Math.abs(error), "ns")} at p99, calibrated ${format.age(age)} before this run`
    : null;
}

function circumstances(run: Run): HTMLElement {
  const { cpu_s: cpu, rss_bytes_max: memory } = run.resources;
  const rows: [string, Child][] = [
    ["target", name(run.target)],
    ["load", name(run.load)],
    ["branch", run.branch ? name(run.branch) : null],
    ["tag", run.tag ? name(run.tag) : null],
    [
      "started",
      h(
        "time",
        { datetime: run.started_at },
        `${run.started_at.replace("T", " ").replace("Z", "")} UTC`,
      ),
    ],
    [
      "duration",
      `${format.seconds(run.duration_s)}, of which ${format.seconds(run.measured_s)} measured`,
    ],
    [
      "warm-up",
      run.warm_up_s > 0
        ? `${format.seconds(run.warm_up_s)}, ${format.count(run.warm_up.requests.planned)} requests, left out of all numbers`
        : null,
    ],
    [
      "generator",
      cpu === null && memory === null
        ? "never sampled"
        : [
            cpu === null ? "" : `${cpu.toFixed(2)} s of CPU`,
            memory === null ? "" : `${format.bytes(memory)} of memory at most`,
          ]
            .filter(Boolean)
            .join(", "),
    ],
    ["validity", run.validity === null ? "not judged" : gradeBadge(run.validity.grade)],
    ["instrument", instrumentError(run)],
    ["environment", name(run.environment)],
    ["seed", String(run.seed)],
    ["weir", run.weir_version],
  ];
  return facts(rows);
}

const dashes = [[], [8, 3], [2, 3], [8, 3, 2, 3], [], [8, 3], [2, 3], [8, 3, 2, 3]];

function curvesOf(report: Report, run: Run): NamedCurve[] {
  const others = overlaid(report, run);
  if (others.length === 0) {
    return [
      // Wider, so that it is seen where both are equal, as they are for a target that keeps up.
      { label: "response", colour: "series-2", curve: run.curves.response, width: 4 },
      { label: "service", colour: "series-1", curve: run.curves.service },
    ];
  }
  return [run, ...others].map((each, i) => ({
    label: runName(each),
    colour: `series-${i + 1}`,
    curve: each.curves.response,
    dash: dashes[i] ?? [],
  }));
}

/** The spectrum, with the runs that the reader lays over it. */
function spectrumOf(
  report: Report,
  run: Run,
): { figure: Figure; place: HTMLElement; choice: HTMLElement | null } {
  const title = "Percentile spectrum";
  const place = h("div", {});
  let inner = spectrumFigure(title, curvesOf(report, run));
  place.append(inner.element);
  const figure: Figure = {
    element: place,
    draw: () => inner.draw(),
    destroy: () => inner.destroy(),
  };
  const choice = overlayChoice(report, run, () => {
    inner.destroy();
    inner = spectrumFigure(title, curvesOf(report, run));
    place.replaceChildren(inner.element);
    inner.draw();
  });
  return { figure, place, choice };
}

export function runView(report: Report, run: Run): View {
  const slice = slicePart(run);
  const seconds = [heatmapFigure(run, slice.show, slice.slice), ...secondsFigures(run)];
  const use = useFigures(run);
  const spectrum = spectrumOf(report, run);
  const title = `${runName(run)}, ${format.short(run.scenario, 60)}`;
  const element = h(
    "main",
    {},
    h("p", { class: "crumbs" }, h("a", { href: linkTo([]) }, "All runs")),
    h(
      "h1",
      {},
      runName(run),
      " ",
      h("span", { class: "of" }, name(run.scenario)),
      " ",
      stateBadge(run),
    ),
    h(
      "p",
      { class: "lead" },
      run.build ? h("span", {}, "build ", name(run.build), ", ") : null,
      name(run.load),
    ),
    judgedBanner(report, run.run),
    validityBanner(run),
    ...remarks(run),
    tiles(run),
    thresholdsSection(run),
    section(
      "Over time",
      ...seconds.flatMap((each, i) => [each.element, i === 0 ? slice.element : null]),
    ),
    section("Distribution", spectrum.place, spectrum.choice),
    use.length > 0 ? section("Resources", ...use.map((each) => each.element)) : null,
    latencySection(run),
    phasesSection(run),
    stepsSection(run),
    errorsSection(run),
    scenarioSection(run),
    circumstances(run),
    neighbours(report, run.run),
  );
  return { title, element, figures: [...seconds, spectrum.figure, ...use] };
}
