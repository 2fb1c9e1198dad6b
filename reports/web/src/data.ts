// The shape of the data that the C++ side embeds (reports/internal/page_data.h), schema
// "weir.report/2". Latencies in ns; null means not known, with a `..._reason` beside it.

import { unpackRows, type PackedRows, type Row, type RunState } from "./rows";

export const columns = [
  { key: "min", title: "min" },
  { key: "mean", title: "mean" },
  { key: "p50", title: "p50" },
  { key: "p90", title: "p90" },
  { key: "p95", title: "p95" },
  { key: "p99", title: "p99" },
  { key: "p999", title: "p99.9" },
  { key: "p9999", title: "p99.99" },
  { key: "max", title: "max" },
] as const;

export type ColumnKey = (typeof columns)[number]["key"];

export type Latency = { [key in ColumnKey]: number | null } & {
  [key in `${ColumnKey}_reason`]?: string;
} & { count: number; censored: number; lower_bounds: ColumnKey[] };

export interface Requests {
  planned: number;
  completed: number;
  failed: number;
  timed_out: number;
  dropped: number;
  unfinished: number;
}

export interface Rates {
  planned: number | null;
  planned_reason?: string;
  achieved: number | null;
  achieved_reason?: string;
}

export interface Measured {
  requests: Requests;
  rate_per_s: Rates;
  latency_ns: { response: Latency; service: Latency };
  send_lag_ns: Latency;
  /** Where the response times went; null = not known, absent = not told of steps. */
  parts_ns?: Record<string, Latency> | null;
  parts_ns_reason?: string;
  errors: Record<string, number>;
}

export interface Step extends Measured {
  flow: string;
  name: string;
}

export interface Threshold {
  threshold: string;
  step: string;
  state: "pass" | "fail" | "unknown";
  unit: Unit;
  observed: number | null;
  limit: number;
  reason: string;
}

export type Unit = "ns" | "per_s" | "ratio" | "s" | "bytes" | "";

/** Point i of n: 1 / (1 - q) = count^(i / (n - 1)). From `bound_from` on, lower bounds. */
export interface Curve {
  count: number;
  v: number[];
  bound_from: number | null;
}

/** Arrays of one length, an entry for every `width_s` seconds since the start of the run. */
export interface Seconds {
  width_s: number;
  measured_from: number | null;
  p50: (number | null)[];
  p99: (number | null)[];
  max: (number | null)[];
  planned: number[];
  completed: number[];
  errors: number[];
  /** Of each kind of error, how many. */
  kinds: Record<string, number[]>;
  /** By how much the latest request was sent late, in ns. */
  send_lag_max: (number | null)[];
}

/** The median response time of each step in ns, an entry for every `width_s` seconds. */
export interface StepLines {
  width_s: number;
  p50: (number | null)[][];
}

/** A grid over time and latency; reports/internal/seconds_json.h says how `cells` is written. */
export interface Heatmap {
  width_s: number;
  cells: number[];
}

/** One thing that the generator or the target used over the seconds of a run. */
export interface Use {
  name: string;
  of: "generator" | "target";
  unit: "processors" | "bytes" | "per_s" | "";
  second: number[];
  values: number[];
}

export interface Subject extends Measured {
  scenario: string;
  target: string;
  build: string;
  load: string;
  started_at: string;
  measured_s: number;
  curves: { response: Curve; service: Curve };
}

/** Whether a run can be believed (docs/validity.md). Reasons are worst first. */
export interface Validity {
  grade: "valid" | "suspect" | "invalid";
  reasons: { check: string; grade: "suspect" | "invalid"; text: string }[];
  evidence: Record<string, number | string | null>;
}

export interface Run extends Subject {
  run: number;
  branch: string;
  tag: string;
  state: RunState;
  state_reason: string;
  duration_s: number;
  warm_up_s: number;
  warm_up: { requests: Requests };
  seed: number;
  environment: string;
  weir_version: string;
  steps: Step[];
  thresholds: Threshold[];
  validity: Validity | null;
  resources: { cpu_s: number | null; rss_bytes_max: number | null };
  seconds: Seconds;
  heatmap: Heatmap;
  use: Use[];
  step_lines: StepLines;
  /** The file as it was run, or the flags; the first 64 KiB. */
  scenario_text: string;
}

/** The runs of one build that have pages, merged into one distribution. */
export interface Build extends Subject {
  runs: number[];
  /** How many runs the build has in this report. */
  runs_in_all: number;
}

export type VerdictWord = "pass" | "warn" | "inconclusive" | "fail";

export interface Check {
  metric: string;
  step: string;
  unit: Unit;
  baseline: number | null;
  candidate: number | null;
  change_ratio: number | null;
  interval: [number, number] | null;
  tolerance: number | null;
  demand?: string;
  p_value: number | null;
  alpha: number | null;
  /** Smallest change that these runs find in 4 of 5 cases. */
  detectable: number | null;
  flip: string;
  weight: number;
  key: boolean;
  waiver: string;
  verdict: VerdictWord;
  reason: string;
  runs_needed: number | null;
}

export interface Verdict {
  verdict: VerdictWord;
  reason: string;
  action: string;
  action_reason: string;
  score: [number, number] | null;
  candidate: string;
  baseline: string;
  candidate_runs: number[];
  baseline_runs: number[];
  design: string;
  warnings: string[];
  checks: Check[];
  decided_at?: string;
  /** Of its record in the history; "" = it has none. */
  sha256?: string;
}

/** Which run moved a metric, and which builds may have done it. */
export interface Change {
  scenario: string;
  load: string;
  step: string;
  metric: string;
  unit: Unit;
  run: number;
  build: string;
  low_run: number;
  high_run: number;
  suspects: string[];
  same_build: boolean;
  worse: boolean;
  change: number;
  change_ratio: number | null;
  change_ratio_interval: { low: number; high: number } | null;
  before: number;
  after: number;
  confidence: number;
  went_away: boolean;
  triage?: Triage;
}

export const triageStates = ["new", "acknowledged", "expected", "fixed"] as const;

/** What was said last of a change point; texts may be empty. */
export interface Triage {
  state: (typeof triageStates)[number];
  at: string;
  by: string;
  why: string;
}

export interface Changes {
  runs: number;
  series: number;
  small: number;
  warnings: string[];
  changepoints: Change[];
}

/** metric, step, unit, A, B, change, interval's low and high, p, why something is not known. */
export type PairMetric = [
  metric: string,
  step: string,
  unit: Unit,
  a: number | null,
  b: number | null,
  change: number | null,
  low: number | null,
  high: number | null,
  p: number | null,
  note: string,
];

/** What the runs of two builds say of each other (analysis/comparison.h). */
export interface Pair {
  a_runs: number[];
  b_runs: number[];
  design: string;
  summary: string;
  warnings: string[];
  metrics: PairMetric[];
}

/** What was told of a build. */
export interface Deploy {
  at: string;
  service: string;
  build: string;
  phase: string;
}

/** What the runs after one are expected to show; arrays of one length, one entry a run. */
export interface Forecast {
  scenario: string;
  metric: string;
  after: number;
  mean: number[];
  lo80: number[];
  hi80: number[];
  lo95: number[];
  hi95: number[];
}

export interface Report {
  title: string;
  generated_at: string;
  /** Every run, in order of start. */
  runs: Row[];
  /** Those of which there is more than a row, by number. */
  pages: Map<number, Run>;
  builds: Build[];
  /** Of some of the builds, two by two. */
  pairs: Pair[];
  changes: Changes;
  verdicts: Verdict[];
  /** In order of time. */
  deploys: Deploy[];
  forecasts: Forecast[];
  /** Runs that have a file of their own, and where the report is; see route.ts. */
  files: number[];
  home: string;
}

type Embedded = Omit<Report, "runs" | "pages"> & {
  schema: "weir.report/2";
  rows: PackedRows;
  pages: Run[];
};

/** Unpacks what reports/internal/packed.h packed. */
export async function readReport(): Promise<Report> {
  const packed = atob(document.getElementById("data")?.textContent ?? "");
  const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const { rows, pages, ...rest } = (await new Response(plain).json()) as Embedded;
  return {
    ...rest,
    runs: unpackRows(rows),
    pages: new Map(pages.map((run) => [run.run, run])),
  };
}

export function runName(run: Run): string {
  return `run ${run.run}`;
}

export function errorRatio(requests: Requests): number | null {
  return requests.planned === 0 ? null : 1 - requests.completed / requests.planned;
}
