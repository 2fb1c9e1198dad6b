// All builds of a scenario beside each other: the middle of their runs, and how sure it is.
import { medianOf, type Median } from "../charts/median";
import type { Report } from "../data";
import { datum, h, name, unknown, type Child } from "../dom";
import { change, count, duration, percent, rate } from "../format";
import { errorShare, type Row } from "../rows";
import { section, table } from "./table";

const buildsMax = 20;

interface Group {
  build: string;
  runs: Row[];
}

/** The newest builds first. */
function buildsOf(rows: Row[]): Group[] {
  const groups = new Map<string, Row[]>();
  for (const row of [...rows].reverse()) {
    const runs = groups.get(row.build) ?? [];
    runs.push(row);
    groups.set(row.build, runs);
  }
  return [...groups].map(([build, runs]) => ({ build, runs }));
}

function medianBy(runs: Row[], read: (row: Row) => number | null): Median | null {
  const values = runs.map(read).filter((value): value is number => value !== null);
  return values.length > 0 ? medianOf(values) : null;
}

function cell(median: Median | null, format: (value: number) => string): Child {
  return median ? datum(median.value, format(median.value)) : unknown("too few requests for it");
}

function range(median: Median | null, format: (value: number) => string): Child {
  return median?.interval
    ? median.interval.map(format).join(" \u2026 ")
    : unknown("fewer than 5 runs");
}

const tail = (run: Row): number | null => run.response.p99;

function row({ build, runs }: Group, against: Group | undefined): Child[] {
  const p99 = medianBy(runs, tail);
  const base = against ? medianBy(against.runs, tail) : null;
  const moved = p99 && base && base.value > 0 ? p99.value / base.value - 1 : null;
  return [
    build === "" ? "no build given" : name(build, { class: "name cut" }),
    datum(runs.length, count(runs.length)),
    cell(medianBy(runs, (run) => run.response.p50), duration),
    cell(p99, duration),
    range(p99, duration),
    build === against?.build ? "A" : moved === null ? unknown("one of the two is not known") : datum(moved, change(moved, "ns")),
    cell(medianBy(runs, (run) => run.rate), rate),
    cell(medianBy(runs, errorShare), percent),
  ];
}

/** The builds of `scenario` against `base`; null when there are fewer than two. */
export function buildsSection(report: Report, scenario: string, base: string): HTMLElement | null {
  const groups = buildsOf(report.runs.filter((run) => run.scenario === scenario));
  if (groups.length < 2) {
    return null;
  }
  const against = groups.find(({ build }) => build === base);
  const shown = groups.slice(0, buildsMax);
  const more = groups.length - shown.length;
  return section(
    "All builds",
    table(
      "Builds",
      [
        { title: "build", left: true },
        { title: "runs" },
        { title: "p50", wide: true },
        { title: "p99" },
        { title: "90 % interval", wide: true },
        { title: "p99 against A" },
        { title: "rate", wide: true },
        { title: "errors", wide: true },
      ],
      shown.map((group) => row(group, against)),
    ),
    h(
      "p",
      { class: "note" },
      `Medians over the runs of each build, the newest first, whatever their load.${more > 0 ? ` ${count(more)} older builds are not listed.` : ""}`,
    ),
  );
}
