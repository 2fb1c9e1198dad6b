// One check as a picture: its interval against the tolerance, both in units of the tolerance.
import type { Check } from "../data";
import { svg } from "../dom";
import * as format from "../format";

const widths = { large: 320, small: 180 };
const height = 22;
const edge = 6;
const spanMin = 2;
const spanMax = 5;

/** How many tolerances the axis reaches either way, so that all checks of a verdict share it. */
export function effectSpan(checks: Check[]): number {
  const reach = checks.flatMap((check) =>
    (check.interval ?? [check.change_ratio ?? 0]).map(
      (value) => Math.abs(value) / (check.tolerance ?? 0),
    ),
  );
  return Math.min(spanMax, Math.max(spanMin, ...reach.filter(Number.isFinite)) * 1.1);
}

// The axis: no change, and the tolerance either way.
function labels(check: Check, x: (value: number) => number): SVGElement[] {
  const tolerance = check.tolerance ?? 0;
  const ends: [number, string][] = [
    [-tolerance, "end"],
    [0, "middle"],
    [tolerance, "start"],
  ];
  return ends.map(([value, anchor]) =>
    svg(
      "text",
      { class: "tick", x: x(value), y: height + 14, "text-anchor": anchor },
      value === 0 ? "0" : format.change(value, check.unit),
    ),
  );
}

/** `large`: with room for an axis. */
export function effectPicture(
  check: Check,
  span: number,
  size: "large" | "small",
): SVGElement | null {
  const width = widths[size];
  const full = size === "large" ? height + 18 : height;
  const tolerance = check.tolerance ?? 0;
  if (!check.interval || tolerance <= 0) {
    return null;
  }
  const x = (value: number): number => {
    const clipped = Math.max(-span, Math.min(span, value / tolerance));
    return width / 2 + (clipped / span) * (width / 2 - edge);
  };
  const [low, high] = check.interval;
  const middle = height / 2;
  const cap = (value: number, out: -1 | 1): SVGElement =>
    Math.abs(value / tolerance) > span
      ? svg("path", {
          d: `M${x(value) - out * 5},${middle - 4}L${x(value)},${middle}L${x(value) - out * 5},${middle + 4}`,
        })
      : svg("path", { d: `M${x(value)},${middle - 4}V${middle + 4}` });
  return svg(
    "svg",
    {
      class: `effect verdict-${check.verdict}`,
      width,
      height: full,
      viewBox: `0 0 ${width} ${full}`,
      "aria-hidden": true,
    },
    svg("rect", {
      class: "band",
      x: x(-tolerance),
      y: 0,
      width: x(tolerance) - x(-tolerance),
      height,
    }),
    svg("path", { class: "zero", d: `M${width / 2},0V${height}` }),
    ...(size === "large" ? labels(check, x) : []),
    svg(
      "g",
      { class: "interval" },
      svg("path", { d: `M${x(low)},${middle}H${x(high)}` }),
      cap(low, -1),
      cap(high, 1),
    ),
    check.change_ratio === null
      ? null
      : svg("circle", { cx: x(check.change_ratio), cy: middle, r: 3.5 }),
  );
}
