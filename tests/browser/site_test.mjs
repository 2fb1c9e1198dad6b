// A report as a folder of pages, opened from the disk.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { cellsOf, dataOf, folder, open } from "./harness.mjs";

/** The files that all pages of a folder load. */
function assetsOf(site, page) {
  const root = new URL(".", page.url().split("#")[0].replace("/run/", "/"));
  return readdirSync(`${folder}/${site}`)
    .filter((file) => /\.(js|css)$/.test(file))
    .map((file) => new URL(file, root).href);
}

test("a run's own file shows what the data says, with script and style of the folder", async () => {
  const page = await open("site/run/15.html");
  const [run] = dataOf("site/run/15.html").pages;
  assert.match(await page.locator("h1").textContent(), /^run 15 search/);
  const rows = await cellsOf(page, "Latency");
  assert.equal(Number(rows[0][6].value), run.latency_ns.response.p99);
  assert.ok((await page.locator("canvas").count()) >= 5);
  page.check(assetsOf("site", page));
});

test("the report leads to the run's file, and the file back to the report", async () => {
  const page = await open("site/index.html");
  await page.locator('[aria-label="Runs"] a', { hasText: /^7$/ }).click();
  await page.waitForURL(/site\/run\/7\.html$/);
  assert.match(await page.locator("h1").textContent(), /^run 7 checkout/);
  await page.getByRole("link", { name: "history of the scenario" }).click();
  await page.waitForURL(/site\/index\.html#\/history\/checkout$/);
  await page.locator("h1", { hasText: "History checkout" }).waitFor();
  await page.goto(page.url().replace(/index.*$/, "run/14.html"));
  await page.locator(".plot").first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  assert.match(page.url(), /run\/14\.html#\/\?slice=0-1$/);
});

test("a run's file has tables without JavaScript", async () => {
  const page = await open("site/run/15.html", { javaScriptEnabled: false });
  assert.equal(await page.locator("main.static table").count(), 1);
  assert.match(await page.locator("main.static").innerText(), /search/);
});

test("hostile names in a folder of pages are text and nothing else", async () => {
  for (const run of [1, 2, 3, 4, 5, 6]) {
    const page = await open(`hostile/run/${run}.html`);
    assert.match(await page.locator("h1").textContent(), new RegExp(`^run ${run} `));
    assert.equal(await page.locator("img").count(), 0);
    page.check(assetsOf("hostile", page));
  }
});
