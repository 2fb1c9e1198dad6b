// A chart as a file: its picture, or its numbers.
import { h } from "../dom";
import { colour } from "../theme";
import type { Chart } from "./plot";

/** Formulas begin so in a spreadsheet; a text from outside must not become one. */
const formula = /^[=+\-@\t\r]/;

function field(value: string): string {
  const safe = formula.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(head: string[], rows: (string | number | null)[][]): string {
  const line = (cells: (string | number | null)[]): string =>
    cells.map((cell) => (typeof cell === "string" ? field(cell) : String(cell ?? ""))).join(",");
  return [head, ...rows].map(line).join("\r\n") + "\r\n";
}

function numbers(chart: Chart): string {
  const lines = chart.lines.filter((line) => !line.hidden);
  return csv(
    [chart.xAxis.label, "name", ...lines.map((line) => line.label)],
    chart.x.map((x, i) => [chart.startOf?.(i) ?? x, chart.nameX(i), ...lines.map((line) => line.values[i] ?? null)]),
  );
}

function fileName(title: string, extension: string): string {
  const plain = title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return `${plain.replace(/^-|-$/g, "").slice(0, 60) || "chart"}.${extension}`;
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

// The chart's canvas is transparent; a picture needs the page behind it.
function picture(canvas: HTMLCanvasElement, name: string): void {
  const copy = h("canvas", { width: canvas.width, height: canvas.height });
  const ink = copy.getContext("2d");
  if (ink) {
    ink.fillStyle = colour("page");
    ink.fillRect(0, 0, copy.width, copy.height);
    ink.drawImage(canvas, 0, 0);
    copy.toBlob((blob) => blob && save(blob, name));
  }
}

/** Buttons that save the chart; `canvas` is asked when one is pressed. */
export function exportTools(chart: Chart, canvas: () => HTMLCanvasElement | null): HTMLElement {
  const button = (what: string, press: () => void): HTMLElement =>
    h("button", { type: "button", "aria-label": `Save "${chart.title}" as ${what}`, click: press }, what);
  return h(
    "div",
    { class: "tools" },
    button("PNG", () => {
      const drawn = canvas();
      if (drawn) {
        picture(drawn, fileName(chart.title, "png"));
      }
    }),
    button("CSV", () => {
      const text = chart.csv?.() ?? numbers(chart);
      save(new Blob([text], { type: "text/csv" }), fileName(chart.title, "csv"));
    }),
  );
}
