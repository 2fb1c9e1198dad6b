// The report in a real browser: node --test report_test.mjs, with REPORT_FIXTURE = the program
// that writes the reports.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, dataOf, open, parsed } from "./harness.mjs";

test("the run's table shows what the data says", async () => {
  const run = dataOf("report.html").pages.find((each) => each.run === 15);
  const page = await open("report.html", { hash: "#/run/15" });
  const rows = await cellsOf(page, "Latency");
  const keys = ["min", "mean", "p50", "p90", "p95", "p99", "p999", "p9999", "max"];
  const sources = [run.latency_ns.response, run.latency_ns.service, run.send_lag_ns];
  for (const [i, source] of sources.entries()) {
    for (const [j, key] of keys.entries()) {
      const cell = rows[i][j + 1];
      if (source[key] === null) {
        const [, needed] = /needs ([\d,]+) requests/.exec(source[`${key}_reason`]);
        assert.equal(cell.text, `n < ${needed}`);
        continue;
      }
      assert.equal(Number(cell.value), source[key]);
      assert.ok(Math.abs(parsed(cell.text) / source[key] - 1) < 0.0051, `${key}: ${cell.text}`);
      assert.equal(cell.text.startsWith("≥"), source.lower_bounds.includes(key), key);
    }
  }
  page.check();
});

test("change points name the build and the runs that may have begun them", async () => {
  const [change] = dataOf("report.html").changes.changepoints;
  const page = await open("report.html");
  await page.getByRole("heading", { name: "What moved lately" }).waitFor();
  const [row, other] = await cellsOf(page, "Change points");
  assert.equal(row[0].text, String(change.run));
  assert.equal(row[1].text, change.build);
  assert.equal(Number(row[4].value), change.change_ratio);
  assert.match(row[7].text, /^acknowledged *ops, .*index missing, ticket 812$/);
  assert.equal(other[7].text, "new");
  assert.equal(row[8].text, "runs 3 to 4, b1 or b2");
  assert.ok(await page.getByText("change point", { exact: true }).first().isVisible());
  page.check();
});

test("a run's errors by kind, send lag, steps and scenario are those of the data", async () => {
  const run = dataOf("report.html").pages.find((each) => each.run === 15);
  const page = await open("report.html", { hash: "#/run/15" });
  const chart = (title) => page.locator("figure", { hasText: title });
  const second = run.seconds.kinds.timeout.findIndex((count) => count > 0);
  const plot = chart("Send lag").locator(".plot");
  await plot.focus();
  for (let i = 0; i <= second; i++) {
    await page.keyboard.press("ArrowRight");
  }
  // The other charts follow in the next frame.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  const under = async (title) => chart(title).locator(".legend-value").allTextContents();
  const [lag] = await under("Send lag");
  assert.ok(Math.abs(parsed(lag) / run.seconds.send_lag_max[second] - 1) < 0.0051, lag);
  // The cursor is shared: the errors of the same second stand in their own legend.
  const [all, timeouts] = await under("did not complete");
  assert.equal(Number(all), run.seconds.errors[second]);
  assert.equal(Number(timeouts), run.seconds.kinds.timeout[second]);
  const shape = await page.locator('[aria-label="Steps"] .sparkline path').first().getAttribute("d");
  assert.equal(shape.split(/[ML]/).length - 1, run.step_lines.p50[0].filter((v) => v).length);
  await page.getByText("As it was run").click();
  assert.equal(await page.locator(".source pre").innerText(), run.scenario_text);
  page.check();
});

test("the list of runs has every run, newest first, and a click opens one", async () => {
  const { pages: runs } = dataOf("report.html");
  const page = await open("report.html");
  const rows = await cellsOf(page, "Runs");
  assert.deepEqual(
    rows.map((row) => Number(row[0].text)),
    runs.map((run) => run.run).reverse(),
  );
  for (const [i, run] of [...runs].reverse().entries()) {
    assert.equal(Number(rows[i][4].value), run.requests.planned);
    assert.equal(Number(rows[i][7].value), run.latency_ns.response.p99);
  }
  await page.locator('[aria-label="Runs"] a', { hasText: /^7$/ }).click();
  assert.match(await page.locator("h1").textContent(), /^run 7 checkout/);
  await page.waitForURL(/#\/run\/7$/);
  await page.goBack();
  assert.equal(await page.locator("h1").textContent(), "checkout, b2 against b1");
  page.check();
});

test("verdicts stand first, with reason and numbers", async () => {
  const [verdict] = dataOf("report.html").verdicts;
  const page = await open("report.html");
  const card = page.locator("article").first();
  assert.equal(await card.locator(".reason").textContent(), verdict.reason);
  const rows = await cellsOf(page, "Checks");
  for (const [i, check] of verdict.checks.entries()) {
    assert.match(rows[i][0].text, new RegExp(`${check.verdict}$`));
    assert.equal(Number(rows[i][3].value), check.candidate);
    assert.equal(Number(rows[i][4].value), check.change_ratio);
  }
  page.check();
});

test("a click or Enter on a point of the history opens its run", async () => {
  const page = await open("report.html");
  const plot = page.locator(".plot").first();
  await plot.scrollIntoViewIfNeeded();
  await plot.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.match(await page.locator(".legend-x").first().textContent(), /^run 2, b2/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/run\/2$/);
  await page.goBack();
  await page.locator("h1", { hasText: "checkout, b2 against b1" }).waitFor();
  const over = page.locator(".u-over").first();
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  await page.mouse.move(box.x + box.width * 0.95, box.y + box.height / 2);
  await page.locator(".legend-x", { hasText: "run 10, b2" }).waitFor();
  await page.mouse.down();
  await page.mouse.up();
  await page.waitForURL(/#\/run\/10$/);
  page.check();
});

test("the charts of a run share one cursor", async () => {
  const run = dataOf("report.html").pages.find((each) => each.run === 15);
  const page = await open("report.html", { hash: "#/run/15" });
  const over = page.locator(".u-over").first();
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  await page.mouse.move(box.x + (box.width * 12) / 29, box.y + 40);
  const legends = page.locator(".legend");
  for (const i of [0, 1, 2, 3]) {
    assert.match(await legends.nth(i).locator(".legend-x").textContent(), /^second 12\b/);
  }
  const shown = await legends.nth(1).locator(".legend-value").allTextContents();
  assert.ok(Math.abs(parsed(shown[0]) / run.seconds.max[12] - 1) < 0.0051);
  assert.equal(
    await legends.nth(3).locator(".legend-value").first().textContent(),
    String(run.seconds.errors[12]),
  );
  page.check();
});

test("deep links, the metric and the two sides live in the address", async () => {
  const page = await open("report.html", { hash: "#/?metric=p50" });
  assert.equal(await page.locator('input[value="p50"]').isChecked(), true);
  await page.locator('input[value="rate"]').check();
  assert.match(page.url(), /metric=rate/);
  await page.goto(`${page.url().split("#")[0]}#/compare?a=run:1&b=run:2`);
  const { pages: runs } = dataOf("report.html");
  const rows = await cellsOf(page, "response");
  assert.equal(Number(rows[5][1].value), runs[0].latency_ns.response.p99);
  assert.equal(Number(rows[5][2].value), runs[1].latency_ns.response.p99);
  await page.locator("select").first().selectOption({ label: "run 3, b1" });
  assert.match(page.url(), /a=run%3A3&b=run%3A2/);
  await page.goto(`${page.url().split("#")[0]}#/run/99`);
  assert.equal(await page.locator("h1").textContent(), "Not here");
  page.check();
});

test("a run that is not valid says so first, with the reason and the cure", async () => {
  const page = await open("report.html", { hash: "#/run/13" });
  const banner = page.locator(".banner");
  assert.match(await banner.locator("p").innerText(), /✗\s*invalid.*no verdict may rest on them/s);
  const reason = await banner.locator("li").innerText();
  assert.match(reason, /^The generator was saturated: .*use more threads/);
  const facts = await page.locator(".facts").innerText();
  assert.match(facts, /validity\s+✗\s*invalid/);
  assert.match(facts, /\+12\.3.µs at p99, calibrated 2.h before this run/);
  await page.goto(page.url().replace("#/run/13", "#/run/12"));
  await page.locator(".banner.grade-suspect").waitFor();
  await page.goto(page.url().replace("#/run/12", "#/run/11"));
  await page.locator("h1", { hasText: "run 11" }).waitFor();
  assert.equal(await page.locator(".banner").count(), 0);
  page.check();
});

test("a comparison names the runs on either side that are not valid", async () => {
  const page = await open("report.html", { hash: "#/compare?a=run:11&b=run:13" });
  const banner = page.locator(".banner");
  assert.equal(await banner.count(), 1);
  assert.match(await banner.innerText(), /^B, run 13:.*invalid/s);
  await page.goto(page.url().replace("a=run:11", "a=run:12"));
  await page.locator(".banner.grade-suspect").waitFor();
  assert.equal(await banner.count(), 2);
  page.check();
});

test("a verdict's comparison shows merged builds", async () => {
  const { builds } = dataOf("report.html");
  const page = await open("report.html");
  await page.locator("article a", { hasText: "Compare the two" }).first().click();
  const rows = await cellsOf(page, "response");
  assert.equal(Number(rows[5][1].value), builds[0].latency_ns.response.p99);
  assert.equal(Number(rows[5][2].value), builds[1].latency_ns.response.p99);
  page.check();
});

test("the theme follows the system, toggles and is remembered", async () => {
  const page = await open("report.html", { colorScheme: "dark" });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(await background(), "rgb(16, 20, 24)");
  await page.locator("button.theme").click();
  assert.equal(await background(), "rgb(255, 255, 255)");
  await page.reload();
  assert.equal(await background(), "rgb(255, 255, 255)");
  page.check();
});

test("without JavaScript there are tables of verdicts, change points and runs", async () => {
  const page = await open("report.html", { javaScriptEnabled: false });
  assert.equal(await page.locator("main.static table").count(), 4);
  assert.equal(await page.locator("main.static table").last().locator("tr").count(), 17);
  assert.match(await page.locator("main.static h2").first().textContent(), /^fail: build:b2/);
  page.check();
});

test("hostile names are text and nothing else", async () => {
  const page = await open("hostile.html");
  assert.match(await page.title(), /^<script>alert\(1\)<\/script>/);
  assert.equal(await page.locator("img").count(), 0);
  assert.equal(await page.locator("script").count(), 2);
  for (const run of [1, 2, 3, 4, 5, 6]) {
    await page.goto(`${page.url().split("#")[0]}#/run/${run}`);
    assert.match(await page.locator("h1").textContent(), new RegExp(`^run ${run} `));
  }
  await page.goto(`${page.url().split("#")[0]}#/compare`);
  assert.equal(await page.locator("h1").textContent(), "Compare");
  page.check();
});

test("nothing is wider than the screen, also on a phone and with names of 10 kB", async () => {
  for (const file of ["report.html", "hostile.html", "empty.html"]) {
    const page = await open(file);
    const url = page.url();
    for (const width of [360, 390, 768, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      for (const hash of ["#/", "#/run/6", "#/compare", "#/gate", "#/history"]) {
        await page.goto(url + hash);
        const excess = await page.evaluate(
          () => document.documentElement.scrollWidth - window.innerWidth,
        );
        assert.ok(excess <= 0, `${file}${hash} at ${width}: ${excess} px too wide`);
      }
    }
    page.check();
  }
});

test("what decides is read without scrolling: on a phone, on a page, on paper", async () => {
  const builds = "#/compare?a=build:checkout/b1&b=build:checkout/b2";
  for (const [hash, region, width, media] of [
    ["#/", "Checks", 390, "screen"],
    [builds, "Over runs", 390, "screen"],
    ["#/", "Checks", 1280, "screen"],
    ["#/", "Change points", 1280, "screen"],
    ["#/history/checkout", "Change points", 1280, "screen"],
    ["#/", "Checks", 794, "print"], // A4
  ]) {
    const page = await open("report.html", { hash, viewport: { width, height: 900 } });
    await page.emulateMedia({ media });
    const excess = await page
      .getByRole("region", { name: region })
      .first()
      .evaluate((element) => element.scrollWidth - element.clientWidth);
    assert.ok(excess <= 0, `${region} at ${width}, ${media}: ${excess} px too wide`);
    page.check();
  }
});

test("an empty report says so", async () => {
  const page = await open("empty.html");
  assert.match(await page.locator("main").textContent(), /No runs in this report/);
  assert.equal(await page.locator("canvas").count(), 0);
  page.check();
});

test("prints in light colours without controls", async () => {
  const page = await open("report.html", { colorScheme: "dark" });
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.locator("button.theme").isVisible(), false);
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(background, "rgb(255, 255, 255)");
  page.check();
});
