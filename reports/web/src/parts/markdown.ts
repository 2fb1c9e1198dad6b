// Tables as Markdown, for a pull request or a chat.
import { h } from "../dom";

// What Markdown or a renderer's HTML would take for its own.
function escaped(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[\\`*_[\]|<>&~#@!]/g, "\\$&");
}

/** A table that is on the page, as it reads there; columns hidden on phones included. */
export function tableMarkdown(table: HTMLTableElement): string {
  const lines = [...table.rows].map((row) =>
    [...row.cells].map((cell) => escaped(cell.textContent)),
  );
  const [head = [], ...rows] = lines;
  const line = (cells: string[]): string => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, i) => (i === 0 ? ":--" : "--:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** All tables in `part`, under `title`. */
export function markdownOf(title: string, part: HTMLElement): string {
  const tables = [...part.querySelectorAll("table")].map(tableMarkdown);
  return [`**${escaped(title)}**`, ...tables].join("\n\n") + "\n";
}

/** A button that copies; where the browser forbids it, the text stands below to be copied. */
export function copyButton(
  text: () => string,
  title = "Copy as Markdown",
  label = "Markdown",
): HTMLElement {
  const said = h("span", { class: "note", role: "status" });
  const place = h("div", {});
  const show = (): void => {
    const area = h("textarea", { readonly: true, rows: 8, "aria-label": label }, text());
    place.replaceChildren(area);
    area.select();
    said.textContent = "Not allowed to copy: here it is.";
  };
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      said.textContent = "Copied.";
    } catch {
      show();
    }
  };
  const button = h(
    "button",
    { type: "button", class: "copy", click: () => void copy() },
    title,
  );
  return h("div", { class: "copying" }, button, " ", said, place);
}
