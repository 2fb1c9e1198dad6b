// Tables: the first column names the row, the others are right-aligned unless said otherwise.
import { h, type Child } from "../dom";
import { count } from "../format";

export interface Head {
  title: string;
  left?: boolean;
  /** Left out where the screen is narrow. */
  wide?: boolean;
}

function className(head: Head | undefined): string {
  return `${head?.left ? "left" : ""} ${head?.wide ? "wide" : ""}`.trim();
}

function line(heads: Head[], cells: Child[]): HTMLElement {
  return h("tr", {}, ...cells.map((cell, i) => h("td", { class: className(heads[i]) }, cell)));
}

/** From so many lines on, a table is laid out only when it comes into sight. */
const longFrom = 50;

export function table(label: string, heads: Head[], rows: Child[][]): HTMLElement {
  const long = rows.length > longFrom;
  return h(
    "div",
    { class: long ? "scroll long" : "scroll", tabindex: 0, role: "region", "aria-label": label },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ...heads.map((head) => h("th", { scope: "col", class: className(head) }, head.title)),
        ),
      ),
      h("tbody", {}, ...rows.map((row) => line(heads, row))),
    ),
  );
}

export interface LazyRows {
  count: number;
  /** How many are shown, and how many more with each press. */
  atOnce: number;
  row: (index: number) => Child[];
}

/** A table that grows on demand. */
export function moreRows(label: string, heads: Head[], rows: LazyRows): HTMLElement {
  const first = Math.min(rows.count, rows.atOnce);
  const indices = (from: number, to: number): number[] =>
    Array.from({ length: to - from }, (_, i) => from + i);
  const shown = table(label, heads, indices(0, first).map(rows.row));
  if (first === rows.count) {
    return shown;
  }
  const body = shown.querySelector("tbody");
  const said = h("span", { class: "note", role: "status" });
  let at = first;
  const more = h("button", { type: "button", class: "copy" });
  const tell = (): void => {
    more.textContent = `${count(Math.min(rows.atOnce, rows.count - at))} more`;
    said.textContent = `${count(at)} of ${count(rows.count)}`;
    more.hidden = at === rows.count;
  };
  more.addEventListener("click", () => {
    const next = Math.min(at + rows.atOnce, rows.count);
    body?.append(...indices(at, next).map((i) => line(heads, rows.row(i))));
    at = next;
    tell();
  });
  tell();
  return h("div", {}, shown, h("p", { class: "copying" }, more, " ", said));
}

export function section(title: string, ...children: Child[]): HTMLElement {
  return h("section", {}, h("h2", {}, title), ...children);
}
