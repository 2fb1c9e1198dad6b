import { columns, type ColumnKey, type Latency, type Measured } from "../data";
import { datum, h, unknown } from "../dom";
import { count, duration } from "../format";
import { section, table } from "./table";

export function latencyCell(latency: Latency, key: ColumnKey): HTMLElement {
  const ns = latency[key];
  if (ns === null) {
    return unknown(latency[`${key}_reason`]);
  }
  const bound = latency.lower_bounds.includes(key) ? "≥\u202f" : "";
  return datum(ns, bound + duration(ns));
}

// Each reason once, however many values it explains.
function notes(latency: Latency): HTMLElement[] {
  const missing = columns.filter(({ key }) => latency[key] === null);
  const reasons = missing.map(({ key }) => latency[`${key}_reason`] ?? "not known");
  const lines = [...new Set(reasons)].map((reason) => `Not known: ${reason}.`);
  if (latency.censored > 0) {
    const requests = latency.censored === 1 ? "1 request" : `${count(latency.censored)} requests`;
    lines.push(`≥ is a lower bound: ${requests} had no answer when weir stopped waiting.`);
  }
  return lines.map((line) => h("p", { class: "note" }, line));
}

export function latencySection(measured: Measured): HTMLElement {
  const rows: [string, string, Latency][] = [
    [
      "response",
      "from the instant a request was due to its last byte: what a user waits",
      measured.latency_ns.response,
    ],
    [
      "service",
      "from the send to the last byte: what the target took",
      measured.latency_ns.service,
    ],
    ["send lag", "from due to the attempt to send: how late weir itself was", measured.send_lag_ns],
  ];
  return section(
    "Latency",
    table(
      "Latency",
      [{ title: "", left: true }, ...columns.map(({ title }) => ({ title }))],
      rows.map(([label, meaning, latency]) => [
        h("span", { title: meaning }, label),
        ...columns.map(({ key }) => latencyCell(latency, key)),
      ]),
    ),
    ...notes(measured.latency_ns.response),
  );
}

/** How often response is service at p99, when the two tell different stories. */
export function waitFactor(measured: Measured): number | null {
  const { response, service } = measured.latency_ns;
  if (response.p99 === null || service.p99 === null || service.p99 <= 0) {
    return null;
  }
  const factor = response.p99 / service.p99;
  return factor >= 1.5 ? factor : null;
}
