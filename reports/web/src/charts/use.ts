// What generator and target used over the seconds of a run, one chart for each unit.
import type { Run, Use } from "../data";
import { bytes, count, rate, rateTick, short } from "../format";
import { figure, type Axis, type Figure, type Line } from "./plot";
import { common } from "./seconds";
import { linearTicks } from "./ticks";

interface Kind {
  title: string;
  label: string;
  holds: (use: Use) => boolean;
  format: (value: number) => string;
  tick: (value: number) => string;
}

const processors = (value: number): string => String(Number(value.toPrecision(3)));

const kinds: Kind[] = [
  {
    title: "Processors",
    label: "processors busy",
    holds: ({ unit }) => unit === "processors",
    format: processors,
    tick: processors,
  },
  {
    title: "Memory",
    label: "bytes",
    holds: ({ unit }) => unit === "bytes",
    format: bytes,
    tick: bytes,
  },
  {
    title: "In flight and connections",
    label: "number",
    holds: ({ unit, of }) => unit === "" && of === "generator",
    format: count,
    tick: count,
  },
  {
    title: "What else the target says",
    label: "value",
    holds: ({ unit, of }) => unit === "" && of === "target",
    format: processors,
    tick: processors,
  },
  {
    title: "What else the target counts",
    label: "per second",
    holds: ({ unit }) => unit === "per_s",
    format: rate,
    tick: rateTick,
  },
];

const linesMax = 8;

/** The samples of one line at the places of the run's seconds; several in one place: the last. */
function placed(use: Use, run: Run): (number | null)[] {
  const width = run.seconds.width_s;
  const values: (number | null)[] = run.seconds.planned.map(() => null);
  use.second.forEach((second, i) => {
    const at = Math.floor(second / width);
    if (at < values.length) {
      values[at] = use.values[i] ?? null;
    }
  });
  return values;
}

function axis(kind: Kind, lines: Line[]): Axis {
  const high = Math.max(...lines.flatMap(({ values }) => values.map((value) => value ?? 0)), 1e-9);
  return { label: kind.label, low: 0, high: high * 1.12, ticks: linearTicks, format: kind.tick };
}

/** One chart for each kind of thing that was sampled. */
export function useFigures(run: Run): Figure[] {
  return kinds.flatMap((kind) => {
    const all = run.use.filter(kind.holds);
    const lines = all.slice(0, linesMax).map((use, i) => ({
      label: `${use.of} ${short(use.name.replace(/_(s|bytes)$/, "").replaceAll("_", " "), 40)}`,
      values: placed(use, run),
      colour: `series-${(i % 8) + 1}`,
      format: kind.format,
      width: 1.5,
      connected: true,
    }));
    if (lines.length === 0 || lines.every(({ values }) => values.every((value) => value === null))) {
      return [];
    }
    const more = all.length - lines.length;
    return [
      figure({
        ...common(run),
        title: kind.title,
        ...(more > 0 ? { note: `${more} more are not drawn` } : {}),
        height: 180,
        yAxis: axis(kind, lines),
        lines,
      }),
    ];
  });
}
