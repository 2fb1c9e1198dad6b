// What each step of a run did, with its median over the run as a line.
import { sparkline } from "../charts/sparkline";
import { columns, errorRatio, type Run } from "../data";
import { datum, h, name, type Child } from "../dom";
import * as format from "../format";
import { latencyCell } from "./latency";
import { known } from "./runs";
import { section, table } from "./table";

const shown = columns.filter(
  ({ key }) => key === "p50" || key === "p90" || key === "p99" || key === "max",
);

function overTime(run: Run, step: number): Child {
  const values = run.step_lines.p50[step] ?? [];
  const seen = values.filter((value): value is number => value !== null);
  const said = `median from ${format.duration(Math.min(...seen))} to ${format.duration(Math.max(...seen))}`;
  const line = sparkline(values, said);
  return line ? h("span", { title: said }, line) : null;
}

/** Null for a run of one step, of which all else on the page tells. */
export function stepsSection(run: Run): HTMLElement | null {
  if (run.steps.length < 2) {
    return null;
  }
  return section(
    "Steps",
    table(
      "Steps",
      [
        { title: "step", left: true },
        { title: "flow", left: true, wide: true },
        { title: "requests" },
        { title: "rate", wide: true },
        ...shown.map(({ title }) => ({ title })),
        { title: "errors" },
        { title: "p50 over time, from 0", left: true, wide: true },
      ],
      run.steps.map((step, i) => [
        name(step.name),
        name(step.flow),
        datum(step.requests.planned, format.count(step.requests.planned)),
        known(step.rate_per_s.achieved, format.rate, step.rate_per_s.achieved_reason),
        ...shown.map(({ key }) => latencyCell(step.latency_ns.response, key)),
        known(errorRatio(step.requests), format.percent),
        overTime(run, i),
      ]),
    ),
  );
}
