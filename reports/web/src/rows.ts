// Runs as rows: reports/internal/rows_json.h writes them as columns, this reads them back.
import type { Validity } from "./data";

export const rowLatencies = ["p50", "p90", "p99", "p999", "max"] as const;

export type RowLatency = (typeof rowLatencies)[number];

export type RunState = "complete" | "incomplete" | "interrupted" | "aborted" | "running";

/** What is listed and drawn of every run; latencies are response times in ns, null = not known. */
export interface Row {
  run: number;
  started_at: string;
  scenario: string;
  build: string;
  branch: string;
  tag: string;
  target: string;
  load: string;
  environment: string;
  state: RunState;
  validity: Validity["grade"] | "";
  planned: number;
  completed: number;
  rate: number | null;
  response: Record<RowLatency, number | null>;
  /** Those that are lower bounds. */
  bounds: readonly RowLatency[];
  thresholds: { passed: number; failed: number; unknown: number };
}

type Numbers =
  | "run"
  | "start"
  | "scenario"
  | "build"
  | "branch"
  | "tag"
  | "target"
  | "load"
  | "environment"
  | "state"
  | "validity"
  | "planned"
  | "completed"
  | "bounds"
  | "passed"
  | "failed"
  | "unknown";

export type PackedRows = { texts: string[] } & Record<Numbers, number[]> &
  Record<"rate" | RowLatency, (number | null)[]>;

export function unpackRows(packed: PackedRows): Row[] {
  const number = (key: Numbers, i: number): number => packed[key][i] ?? 0;
  const text = (key: Numbers, i: number): string => packed.texts[number(key, i)] ?? "";
  let run = 0;
  let start = 0;
  return packed.run.map((_, i) => {
    run += number("run", i);
    start += number("start", i);
    const bits = number("bounds", i);
    return {
      run,
      started_at: new Date(start).toISOString(),
      scenario: text("scenario", i),
      build: text("build", i),
      branch: text("branch", i),
      tag: text("tag", i),
      target: text("target", i),
      load: text("load", i),
      environment: text("environment", i),
      state: text("state", i) as RunState,
      validity: text("validity", i) as Row["validity"],
      planned: number("planned", i),
      completed: number("completed", i),
      rate: packed.rate[i] ?? null,
      response: {
        p50: packed.p50[i] ?? null,
        p90: packed.p90[i] ?? null,
        p99: packed.p99[i] ?? null,
        p999: packed.p999[i] ?? null,
        max: packed.max[i] ?? null,
      },
      bounds: bits === 0 ? none : rowLatencies.filter((_, bit) => (bits >> bit) & 1),
      thresholds: {
        passed: number("passed", i),
        failed: number("failed", i),
        unknown: number("unknown", i),
      },
    };
  });
}

const none: readonly RowLatency[] = [];

/** What a run is called in the address. */
export function runKey(row: Row): string {
  return String(row.run);
}

export function rowName(row: Row): string {
  return `run ${row.run}`;
}

/** Of the planned requests, those that did not complete. */
export function errorShare(row: Row): number | null {
  return row.planned === 0 ? null : 1 - row.completed / row.planned;
}

/** Scenarios in order of their first run, each with its runs in order of start. */
export function byScenario(rows: Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.scenario);
    if (group) {
      group.push(row);
    } else {
      groups.set(row.scenario, [row]);
    }
  }
  return groups;
}
