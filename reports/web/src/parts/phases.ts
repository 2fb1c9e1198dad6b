// Where the response times of a run went: the stretches that they consist of.
import type { Latency, Run } from "../data";
import { datum, h, type Child } from "../dom";
import { percent } from "../format";
import { latencyCell } from "./latency";
import { section, table } from "./table";

const names: Record<string, string> = {
  wait: "waiting for a connection",
  dns: "looking up the name",
  connect: "connecting",
  tls: "TLS handshake",
  send: "sending the request",
  first_byte: "until the first byte",
  body: "reading the answer",
};

function meanOf(latency: Latency | undefined): number {
  return latency?.mean ?? 0;
}

function row(part: string, latency: Latency, whole: number): Child[] {
  const share = meanOf(latency) / whole;
  return [
    names[part] ?? part,
    datum(share, percent(share)),
    latencyCell(latency, "mean"),
    latencyCell(latency, "p50"),
    latencyCell(latency, "p99"),
    latencyCell(latency, "max"),
  ];
}

/** Null for runs that have no parts, as those of programs. */
export function phasesSection(run: Run): HTMLElement | null {
  const parts = Object.entries(run.parts_ns ?? {});
  const whole = parts.reduce((sum, [, latency]) => sum + meanOf(latency), meanOf(run.send_lag_ns));
  if (parts.length === 0 || whole <= 0) {
    return null;
  }
  return section(
    "Where the time went",
    table(
      "Phases",
      [
        { title: "of answered requests", left: true },
        { title: "share" },
        { title: "mean" },
        { title: "p50" },
        { title: "p99" },
        { title: "max", wide: true },
      ],
      [["send lag", run.send_lag_ns] as const, ...parts]
        .filter(([, latency]) => (latency.max ?? 0) > 0)
        .map(([part, latency]) => row(part, latency, whole)),
    ),
    h("p", { class: "note" }, "The means add up to that of the response time; percentiles do not."),
  );
}
