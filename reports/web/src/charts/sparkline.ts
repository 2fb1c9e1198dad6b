// A line small enough for a cell of a table: its shape, with the extremes in words.
import { svg } from "../dom";

const width = 120;
const height = 24;
const edge = 2;

/** From 0 to the highest value; gaps stay gaps. Null when there are fewer than two values. */
export function sparkline(values: (number | null)[], said: string): SVGElement | null {
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2) {
    return null;
  }
  const high = Math.max(...known) || 1;
  const x = (i: number): number => edge + (i / Math.max(values.length - 1, 1)) * (width - 2 * edge);
  const y = (value: number): number => height - edge - (value / high) * (height - 2 * edge);
  let path = "";
  values.forEach((value, i) => {
    const begins = values[i - 1] === null || values[i - 1] === undefined;
    if (value !== null) {
      path += `${begins ? "M" : "L"}${x(i).toFixed(1)},${y(value).toFixed(1)}`;
    }
  });
  return svg(
    "svg",
    { class: "sparkline", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": said },
    svg("path", { d: path }),
  );
}
