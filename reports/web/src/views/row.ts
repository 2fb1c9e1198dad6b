// A run without a page of its own in this report: the figures that its row has.
import type { Report } from "../data";
import { h, name } from "../dom";
import * as format from "../format";
import { linkTo } from "../route";
import { errorShare, rowName, type Row } from "../rows";
import { facts, tile } from "../parts/facts";
import { judgedBanner } from "../parts/judged";
import { known, rowLatencyCell, stateBadge, thresholdWords } from "../parts/runs";
import { gradeBadge } from "../parts/validity";
import { neighbours } from "../parts/neighbours";
import type { View } from "./view";

export function rowView(report: Report, row: Row): View {
  const wrong = row.planned - row.completed;
  const element = h(
    "main",
    {},
    h("p", { class: "crumbs" }, h("a", { href: linkTo([]) }, "All runs")),
    h(
      "h1",
      {},
      rowName(row),
      " ",
      h("span", { class: "of" }, name(row.scenario)),
      " ",
      stateBadge(row),
    ),
    h(
      "p",
      { class: "lead" },
      row.build ? h("span", {}, "build ", name(row.build), ", ") : null,
      name(row.load),
    ),
    judgedBanner(report, row.run),
    h(
      "dl",
      { class: "tiles" },
      tile("p50", rowLatencyCell(row, "p50"), "response time"),
      tile("p99", rowLatencyCell(row, "p99"), "response time"),
      tile("rate", known(row.rate, format.rate), "completed"),
      tile("requests", format.count(row.planned), "measured"),
      tile(
        "errors",
        known(errorShare(row), format.percent),
        wrong === 0 ? "every request completed" : `${format.count(wrong)} did not complete`,
      ),
    ),
    h(
      "p",
      { class: "note" },
      "This report has only the figures of this run, because newer runs are many. For its seconds, steps and percentile spectrum: weir show, or weir report --pages.",
    ),
    facts([
      ["target", name(row.target)],
      ["branch", row.branch ? name(row.branch) : null],
      ["tag", row.tag ? name(row.tag) : null],
      ["started", `${format.minute(row.started_at)} UTC`],
      ["thresholds", thresholdWords(row)],
      ["validity", row.validity === "" ? "not judged" : gradeBadge(row.validity)],
      ["environment", name(row.environment)],
    ]),
    neighbours(report, row.run),
  );
  return { title: `${rowName(row)}, ${format.short(row.scenario, 60)}`, element, figures: [] };
}
