// axe-core over every view, in both themes: nothing serious, nothing critical.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { open } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const views = ["#/", "#/run/13", "#/run/14?slice=17-19", "#/history/checkout", "#/compare", "#/gate"];

for (const colorScheme of ["light", "dark"]) {
  test(`no view has a serious fault of accessibility, ${colorScheme}`, async () => {
    const page = await open("report.html", { colorScheme });
    await page.evaluate(axe);
    const url = page.url().split("#")[0];
    const serious = [];
    for (const view of views) {
      await page.goto(url + view);
      await page.locator("main").waitFor();
      const { violations } = await page.evaluate(() => window.axe.run());
      for (const { id, impact, nodes } of violations) {
        if (impact === "serious" || impact === "critical") {
          serious.push(`${view} ${id}: ${nodes.map((node) => node.html).slice(0, 3)}`);
        }
      }
    }
    assert.deepEqual(serious, []);
    page.check();
  });
}
