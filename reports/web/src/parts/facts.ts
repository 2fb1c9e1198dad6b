// Small facts: tiles with a number each, and a list of what is known about something.
import { h, type Child } from "../dom";
import { section } from "./table";

export function tile(label: string, value: Child, note: string): HTMLElement {
  return h("div", { class: "tile" }, h("dt", {}, label), h("dd", {}, value, h("small", {}, note)));
}

/** Those that have a value. */
export function facts(rows: [string, Child][]): HTMLElement {
  const pairs = rows.filter(([, value]) => value !== null && value !== "");
  return section(
    "Circumstances",
    h(
      "dl",
      { class: "facts" },
      ...pairs.flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]),
    ),
  );
}
