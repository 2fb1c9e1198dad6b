// Tables: the first column names the row, the others are right-aligned unless said otherwise.
import { h, type Child } from "../dom";

export interface Head {
  title: string;
  left?: boolean;
  /** Left out where the screen is narrow. */
  wide?: boolean;
}

export function table(label: string, heads: Head[], rows: Child[][]): HTMLElement {
  const className = (head: Head): string =>
    `${head.left ? "left" : ""} ${head.wide ? "wide" : ""}`.trim();
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
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
      h(
        "tbody",
        {},
        ...rows.map((row) =>
          h(
            "tr",
            {},
            ...row.map((cell, i) => h("td", { class: className(heads[i] ?? { title: "" }) }, cell)),
          ),
        ),
      ),
    ),
  );
}

export function section(title: string, ...children: Child[]): HTMLElement {
  return h("section", {}, h("h2", {}, title), ...children);
}
