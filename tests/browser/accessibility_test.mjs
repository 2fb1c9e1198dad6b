// axe-core over every view, in both themes: nothing serious, nothing critical.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { open } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// Every kind of page, a run's own file among them.
const pages = [
  ["report.html", ["#/", "#/run/13", "#/run/14?slice=17-19", "#/history/checkout", "#/compare", "#/gate"]],
  ["hostile.html", ["#/", "#/run/1"]],
  ["site/run/15.html", [""]],
  ["empty.html", ["#/"]],
];

for (const colorScheme of ["light", "dark"]) {
  test(`no view has a serious fault of accessibility, ${colorScheme}`, async () => {
    const serious = [];
    for (const [file, views] of pages) {
      const page = await open(file, { colorScheme });
      const url = page.url().split("#")[0];
      for (const view of views) {
        await page.goto(url + view);
        await page.locator("main").waitFor();
        await page.evaluate(axe);
        await page.locator("details").evaluateAll((all) => all.forEach((each) => (each.open = true)));
        const { violations } = await page.evaluate(() => window.axe.run());
        for (const { id, impact, nodes } of violations) {
          if (impact === "serious" || impact === "critical") {
            serious.push(`${file} ${view} ${id}: ${nodes.map((node) => node.html).slice(0, 3)}`);
          }
        }
      }
    }
    assert.deepEqual(serious, []);
  });
}
