// The views of a run, of its history, of two sides and of a verdict, in a real browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { cellsOf, dataOf, open, parsed } from "./harness.mjs";

/** The columns of a heatmap, each as a list of [row, requests]. */
function columnsOf({ cells }) {
  const columns = [];
  for (let at = 0; at < cells.length; at += 1 + 2 * cells[at]) {
    let row = 0;
    columns.push(
      Array.from({ length: cells[at] }, (_, i) => [
        (row += cells[at + 1 + 2 * i]),
        cells[at + 2 + 2 * i],
      ]),
    );
  }
  return columns;
}

test("the heatmap says how many requests are under the pointer", async () => {
  const run = dataOf("report.html").pages.find((each) => each.run === 14);
  const column = columnsOf(run.heatmap)[18];
  const requests = column.reduce((sum, [, count]) => sum + count, 0);
  assert.equal(requests, run.seconds.completed[18]);
  const page = await open("report.html", { hash: "#/run/14" });
  const heatmap = page.locator("figure", { hasText: "every request that was sent" });
  await heatmap.locator(".plot").focus();
  for (let i = 0; i <= 18; i++) {
    await page.keyboard.press("ArrowRight");
  }
  const where = heatmap.locator(".legend-x");
  assert.equal(await where.textContent(), `second 18: ${requests} requests`);
  const over = heatmap.locator(".u-over");
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  let seen = 0;
  const cells = new Set();
  for (let y = 0.5; y < box.height; y += 1) {
    await page.mouse.move(box.x + (box.width * 18.5) / 30, box.y + y);
    const text = await where.textContent();
    const match = /^second 18: (\d+) requests? from .* to /.exec(text);
    if (match && !cells.has(text)) {
      cells.add(text);
      seen += Number(match[1]);
    }
  }
  assert.equal(seen, requests);
  page.check();
});

test("a slice of the heatmap has its own percentiles and lives in the address", async () => {
  const run = dataOf("report.html").pages.find((each) => each.run === 14);
  const page = await open("report.html", { hash: "#/run/14" });
  const over = page.locator(".u-over").first();
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  const x = (second) => box.x + (box.width * (second + 0.5)) / 30;
  await page.mouse.move(x(17), box.y + 50);
  await page.mouse.down();
  await page.mouse.move(x(19), box.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/slice=17-19$/);
  const sent = [17, 18, 19].reduce((sum, second) => sum + run.seconds.completed[second], 0);
  const check = async (requests) => {
    const [inside, rest] = await cellsOf(page, "Slice");
    assert.equal(Number(inside[1].value), requests);
    assert.equal(Number(inside[1].value) + Number(rest[1].value), run.requests.completed);
    return inside;
  };
  const inside = await check(sent);
  assert.ok(Math.abs(Number(inside[2].value) / 2.68e6 - 1) < 0.25, inside[2].text);
  assert.ok(Number(inside[4].value) > 100e6, inside[4].text);
  assert.equal(inside[6].text, "n < 1,000");
  await page.reload();
  await check(sent);
  await page.locator(".plot").first().focus();
  await page.keyboard.press("Escape");
  assert.equal(await page.locator('[aria-label="Slice"]').count(), 0);
  assert.doesNotMatch(page.url(), /slice/);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  assert.equal((await cellsOf(page, "Slice"))[0][0].text, "seconds 0 to 1");
  page.check();
});

test("a history has the medians of its segments, by change points", async () => {
  const { pages: runs } = dataOf("report.html");
  const page = await open("report.html", { hash: "#/history/checkout" });
  const rows = await cellsOf(page, "Segments");
  assert.deepEqual(
    rows.map((row) => row[0].text),
    ["runs\u00a01 to\u00a03", "runs\u00a04 to\u00a010"],
  );
  const p99 = (from, to) =>
    runs
      .filter((run) => run.run >= from && run.run <= to)
      .map((run) => run.latency_ns.response.p99)
      .sort((a, b) => a - b);
  assert.equal(Number(rows[0][2].value), p99(1, 3)[1]);
  assert.equal(Number(rows[1][2].value), p99(4, 10)[3]);
  // Three runs have no 90 % interval; of seven it reaches from the least to the greatest:
  // 1 - 2 / 2^7 = 98.4 %, and one further in 1 - 2 (1 + 7) / 2^7 = 87.5 % would not do.
  assert.equal(rows[0][3].text, "n < 5");
  const interval = rows[1][3].text.split(" … ").map(parsed);
  for (const [i, value] of [p99(4, 10)[0], p99(4, 10)[6]].entries()) {
    assert.ok(Math.abs(interval[i] / value - 1) < 0.0051, rows[1][3].text);
  }
  assert.equal((await cellsOf(page, "Change points")).length, 2);
  await page.locator('input[value="p50"]').check();
  assert.match(page.url(), /metric=p50/);
  assert.equal((await cellsOf(page, "Segments"))[0][0].text, "runs\u00a01 to\u00a010");
  page.check();
});

test("a history is filtered, and the filter lives in the address", async () => {
  const page = await open("report.html", { hash: "#/history/checkout" });
  await page.getByRole("combobox", { name: "build" }).selectOption("b2");
  assert.match(page.url(), /build=b2/);
  const numbers = async () => (await cellsOf(page, "Runs")).map((row) => row[0].text);
  assert.deepEqual(await numbers(), ["10", "8", "6", "4", "2"]);
  await page.reload();
  assert.deepEqual(await numbers(), ["10", "8", "6", "4", "2"]);
  await page.getByRole("combobox", { name: "build" }).selectOption("");
  assert.doesNotMatch(page.url(), /build=/);
  assert.equal((await numbers()).length, 10);
  await page.goto(`${page.url().split("#")[0]}#/history/search?host=anvil`);
  await page.locator("h1", { hasText: "search" }).waitFor();
  assert.deepEqual(await numbers(), ["16", "15"]);
  await page.goto(`${page.url().split("#")[0]}#/history/search?build=none`);
  await page.getByText("No run is left by the filter").first().waitFor();
  page.check();
});

test("branches are told apart, with the values of each", async () => {
  const { pages: runs } = dataOf("branches.html");
  const of = (branch) => runs.filter((run) => run.scenario === "checkout" && run.branch === branch);
  const page = await open("branches.html");
  const titles = await page.locator(".charts figcaption").allTextContents();
  for (const branch of ["main", "feature/cart"]) {
    const title = titles.find((text) => text.startsWith("checkout") && text.includes(branch));
    assert.ok(title, titles.join("; "));
  }
  await page.goto(`${page.url()}#/history/checkout`);
  for (const branch of ["feature/cart", "main"]) {
    await page.getByLabel("branch").selectOption(branch);
    assert.ok(page.url().endsWith(`?branch=${encodeURIComponent(branch)}`), page.url());
    const rows = await cellsOf(page, "Runs");
    const expected = of(branch).reverse();
    assert.deepEqual(
      rows.map((row) => [row[0].text, row[7].value]),
      expected.map((run) => [String(run.run), String(run.latency_ns.response.p99)]),
    );
  }
  // The middle of three runs of main after the change point, runs 5, 7 and 9.
  const later = of("main").filter((run) => run.run > 4).map((run) => run.latency_ns.response.p99);
  const segments = await cellsOf(page, "Segments");
  assert.equal(Number(segments.at(-1)[2].value), later.sort((a, b) => a - b)[1]);
  await page.getByLabel("tag").selectOption("nightly");
  assert.deepEqual((await cellsOf(page, "Runs")).map((row) => row[0].text), ["9"]);
  await page.reload();
  assert.deepEqual((await cellsOf(page, "Runs")).map((row) => row[0].text), ["9"]);
  page.check();
});

test("a range of a history is dragged, a click opens a run", async () => {
  const page = await open("report.html", { hash: "#/history/checkout" });
  const over = page.locator(".u-over").first();
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  // Ten runs, and three ahead.
  const x = (run) => box.x + (box.width * (run - 0.5)) / 13;
  await page.mouse.move(x(3), box.y + 50);
  await page.mouse.down();
  await page.mouse.move(x(6), box.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/range=3-6$/);
  const numbers = (await cellsOf(page, "Runs")).map((row) => row[0].text);
  assert.deepEqual(numbers, ["6", "5", "4", "3"]);
  assert.equal(await page.getByRole("heading", { name: "Runs: runs\u00a03 to\u00a06" }).count(), 1);
  await page.mouse.click(x(8), box.y + 50);
  await page.waitForURL(/#\/run\/8$/);
  page.check();
});

test("a history says where its runs moved to another machine", async () => {
  const page = await open("report.html", { hash: "#/history/search" });
  assert.match(await page.locator("figcaption").innerText(), /dashed: the environment changed/);
  await page.locator(".plot").focus();
  for (let i = 0; i < 5; i++) {
    await page.keyboard.press("ArrowRight");
  }
  const where = await page.locator(".legend-x").textContent();
  assert.match(where, /run 15, .*environment: host=anvil/);
  page.check();
});

test("a history has marks, the gate's limit and a fan, and zooms to a range", async () => {
  const { forecasts } = dataOf("report.html");
  const page = await open("report.html", { hash: "#/history/checkout?range=3-6" });
  const legend = page.locator(".legend").first();
  const caption = await page.locator("figcaption").first().innerText();
  assert.match(caption, /strokes at the bottom: a build was deployed/);
  assert.match(caption, /fan: 80 and 95 %/);
  await page.locator(".plot").focus();
  const seen = [];
  for (let i = 0; i < 13; i++) {
    await page.keyboard.press("ArrowRight");
    seen.push([
      await legend.locator(".legend-x").textContent(),
      await legend.locator(".legend-value").allTextContents(),
    ]);
  }
  assert.match(seen[3][0], /^run 4, b2, .*deploy: shop b2, Succeeded$/);
  assert.equal(seen[10][0], "forecast, 1 ahead");
  assert.ok(Math.abs(parsed(seen[10][1][3]) / forecasts[0].mean[0] - 1) < 0.0051);
  const [verdict] = dataOf("report.html").verdicts;
  const limit = verdict.checks[1].baseline * (1 + verdict.checks[1].tolerance);
  assert.ok(Math.abs(parsed(seen[0][1][2]) / limit - 1) < 0.0051, seen[0][1][2]);
  await page.getByRole("button", { name: "Zoom to the range" }).click();
  assert.match(page.url(), /zoom=3-6/);
  assert.match(await page.locator("figcaption").first().innerText(), /4 of 10 runs/);
  await page.reload();
  assert.match(await page.locator("figcaption").first().innerText(), /4 of 10 runs/);
  await page.getByRole("button", { name: "All runs" }).click();
  assert.doesNotMatch(page.url(), /zoom/);
  page.check();
});

test("other runs are laid over a percentile spectrum, and the address has them", async () => {
  const page = await open("report.html", { hash: "#/run/10" });
  await page.getByText("Lay other runs over it").click();
  const boxes = page.locator(".boxes input");
  for (let i = 0; i < 7; i++) {
    await boxes.nth(i).check();
  }
  assert.equal(await boxes.nth(7).isDisabled(), true);
  assert.match(page.url(), /with=9%2C8%2C7%2C6%2C5%2C4%2C3$/);
  const spectrum = page.locator("figure", { hasText: "Percentile spectrum" });
  assert.equal(await spectrum.locator(".legend-item").count(), 8);
  await page.reload();
  assert.equal(await spectrum.locator(".legend-item").count(), 8);
  page.check();
});

test("a run has what generator and target used, on the same cursor", async () => {
  const page = await open("report.html", { hash: "#/run/15" });
  const chart = page.locator("figure", { hasText: "Processors" });
  const over = page.locator(".u-over").first();
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  await page.mouse.move(box.x + (box.width * 5.5) / 30, box.y + 40);
  const values = await chart.locator(".legend-value").allTextContents();
  assert.deepEqual(values, ["0.02", "0.5"]);
  assert.match(await chart.locator(".legend-x").textContent(), /^second 5$/);
  page.check();
});

test("a comparison shows only what changed when asked", async () => {
  const page = await open("report.html", {
    hash: "#/compare?a=build:checkout/b1&b=build:checkout/b2",
  });
  const all = (await cellsOf(page, "response")).length;
  await page.getByLabel("only what changed").check();
  assert.match(page.url(), /only=changed/);
  const rows = await cellsOf(page, "response");
  assert.ok(rows.length > 0 && rows.length < all);
  for (const row of rows) {
    assert.ok(Math.abs(Number(row[3].value)) >= 0.02, row[0].text);
  }
  await page.getByText("whole: nothing changed by 2 % or more.").waitFor();
  page.check();
});

test("a comparison of builds has interval and evidence over runs for each metric", async () => {
  const [pair] = dataOf("report.html").pairs;
  const page = await open("report.html", {
    hash: "#/compare?a=build:checkout/b1&b=build:checkout/b2",
  });
  const rows = await cellsOf(page, "Over runs");
  assert.equal(rows.length, pair.metrics.length);
  const shown = (number) => `${number < 0 ? "\u2212" : "+"}${Math.abs(100 * number).toFixed(1)}`;
  for (const [i, [, step, unit, a, b, change, low, high, p]] of pair.metrics.entries()) {
    const values = rows[i].slice(1).map((cell) => cell.value);
    const expected = [a, b, change].map((number) => (number === null ? undefined : String(number)));
    assert.deepEqual(values.slice(0, 3), expected);
    assert.ok(rows[i][0].text.startsWith(step));
    if (low !== null && unit === "ns") {
      assert.ok(rows[i][4].text.startsWith(`${shown(low)} \u2026 ${shown(high)}`), rows[i][4].text);
    }
    if (p === null) {
      assert.match(rows[i][5].text, /^n/);
    } else {
      assert.equal(Number(rows[i][5].value), p);
      assert.equal(rows[i][5].text.startsWith("differs"), p < 0.05);
    }
  }
  const p99 = pair.metrics.findIndex(([metric, step]) => metric.endsWith("p99") && step === "");
  assert.match(rows[p99][5].text, /^differs, p/, "a build slower by 30 % is not seen to differ");
  await page.getByLabel("only what changed").check();
  const only = await cellsOf(page, "Over runs");
  assert.equal(only.length, pair.metrics.filter(([, , , , , , , , p]) => (p ?? 1) < 0.05).length);
  assert.ok(only.length > 0 && only.length < rows.length);
  page.check();
});

test("a comparison without evidence in the report says how to get it", async () => {
  const page = await open("report.html", { hash: "#/compare?a=run:1&b=run:2" });
  const evidence = page.locator(".evidence");
  assert.match(await evidence.innerText(), /One run of a side does not tell/);
  assert.equal(await evidence.locator("pre").innerText(), "weir compare 1 2");
  assert.equal(await page.locator('[aria-label="Over runs"]').count(), 0);
  const home = page.url().split("#")[0];
  await page.goto(`${home}#/compare?a=build:checkout/b2&b=build:checkout/b1`);
  await page.getByRole("link", { name: "turn A and B round" }).click();
  await page.locator('[aria-label="Over runs"]').waitFor();
  assert.match(page.url(), /a=build%3Acheckout%2Fb1&b=build%3Acheckout%2Fb2/);
  page.check();
});

test("quantiles of two runs have the interval that their requests leave", async () => {
  const { pages } = dataOf("report.html");
  const page = await open("report.html", { hash: "#/compare?a=run:1&b=run:2" });
  const rows = await cellsOf(page, "response");
  const read = (text) => Number(text.replace("\u2212", "-"));
  for (const [i, q] of [[2, 0.5], [3, 0.9], [5, 0.99]]) {
    const [, low, high] = /^(\S+) \u2026 (\S+)\s%$/.exec(rows[i][4].text);
    const change = 100 * Number(rows[i][3].value);
    assert.ok(read(low) <= change && change <= read(high), rows[i].map((cell) => cell.text).join());
    // As wide as order statistics allow: ranks n q -+ 1.96 sqrt(n q (1 - q)) on either side.
    const ends = [pages[0], pages[1]].map(({ curves }) => {
      const { count, v } = curves.response;
      const reach = 1.96 * Math.sqrt((q * (1 - q)) / count);
      return [q - reach, q + reach].map((at) => {
        const place = (Math.log10(1 / (1 - at)) / Math.log10(count)) * (v.length - 1);
        const below = Math.floor(place);
        return v[below] + (v[below + 1] - v[below]) * (place - below);
      });
    });
    assert.ok(Math.abs(read(low) - 100 * (ends[1][0] / ends[0][1] - 1)) < 0.06, `${q}: ${low}`);
    assert.ok(Math.abs(read(high) - 100 * (ends[1][1] / ends[0][0] - 1)) < 0.06, `${q}: ${high}`);
  }
  assert.match(rows[7][4].text, /^n/, "p99.99 of a short run has no interval");
  page.check();
});

test("a comparison draws how far apart the quantiles are", async () => {
  const { builds } = dataOf("report.html");
  const [a, b] = builds.map((build) => build.latency_ns.response);
  const page = await open("report.html", { hash: "#/compare?a=build:checkout/b1&b=build:checkout/b2" });
  const chart = page.locator("figure", { hasText: "Difference of quantiles" });
  await chart.locator(".plot").focus();
  let shown = "";
  for (let i = 0; i < 90 && !(Number(/^p([\d.]+)/.exec(shown)?.[1]) >= 99); i++) {
    await page.keyboard.press("ArrowRight");
    shown = await chart.locator(".legend-x").textContent();
  }
  const [ratio, low, high] = (await chart.locator(".legend-value").allTextContents()).map((text) =>
    Number(text.replace("\u2212", "-").replace(/\s?%/, "")),
  );
  assert.ok(Math.abs(ratio - 100 * (b.p99 / a.p99 - 1)) < 3, `${shown}: ${ratio}`);
  assert.ok(low < ratio && ratio < high && high - low < 25, `${low} to ${high}`);
  page.check();
});

test("a comparison is copied as Markdown", async () => {
  const page = await open("report.html", { hash: "#/compare" });
  await page.evaluate(() => {
    navigator.clipboard.writeText = (text) => {
      window.copied = text;
      return Promise.resolve();
    };
  });
  await page.getByRole("button", { name: "Copy as Markdown" }).click();
  await page.getByText("Copied.").waitFor();
  const text = await page.evaluate(() => window.copied);
  const rows = await cellsOf(page, "response");
  assert.match(text, /^\*\*checkout: B \(build b2/);
  assert.ok(text.includes(`| p99 | ${rows[5][1].text.replace("\u202f", " ")} |`), text);
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error("forbidden"));
  });
  await page.getByRole("button", { name: "Copy as Markdown" }).click();
  assert.equal(await page.getByLabel("Markdown").inputValue(), text);
  page.check();
});

test("all builds of a scenario stand beside each other, against A", async () => {
  const { pages: runs } = dataOf("report.html");
  const page = await open("report.html", { hash: "#/compare" });
  const rows = await cellsOf(page, "Builds");
  assert.deepEqual(rows.map((row) => row[0].text), ["b2", "b1"]);
  const median = (build) =>
    runs
      .filter((run) => run.build === build)
      .map((run) => run.latency_ns.response.p99)
      .sort((a, b) => a - b)[2];
  assert.equal(Number(rows[0][1].value), 5);
  assert.equal(Number(rows[0][3].value), median("b2"));
  assert.equal(Number(rows[0][5].value), median("b2") / median("b1") - 1);
  assert.equal(rows[1][5].text, "A");
  page.check();
});

test("a run and its scenario's chart say what the newest verdict was", async () => {
  const [verdict] = dataOf("report.html").verdicts;
  const page = await open("report.html", { hash: "#/run/10" });
  assert.match(await page.locator(".banner").innerText(), /fail build:b2 against build:b1/);
  assert.ok((await page.locator(".banner").innerText()).includes(verdict.reason));
  await page.goto(`${page.url().split("#")[0]}#/`);
  await page.locator("figcaption .latest").first().click();
  await page.locator("h1", { hasText: "build:b2 against build:b1" }).waitFor();
  page.check();
});

test("a gate's page has each check's value, limit, effect, evidence and cure", async () => {
  const [verdict] = dataOf("report.html").verdicts;
  const page = await open("report.html", { hash: "#/gate/0" });
  assert.match(await page.locator("h1").innerText(), /fail\s+build:b2 against build:b1/);
  const cards = page.locator("article.card");
  assert.equal(await cards.count(), verdict.checks.length);
  const check = verdict.checks[3];
  const facts = await cards.nth(3).locator(".facts").innerText();
  assert.match(facts, /limit\s+a change of 0\.10.pp is tolerated/);
  assert.match(facts, /effect\s+\+0\.03.pp, 90 % interval/);
  assert.match(facts, /find a change of 0\.25.pp in 4 of 5 cases; 9 runs a side/);
  assert.ok(facts.includes(check.reason));
  assert.ok(facts.includes(check.flip));
  assert.equal(Number(await cards.nth(3).locator("data").first().getAttribute("value")), check.baseline);
  await page.getByRole("link", { name: "open" }).click();
  await page.locator("h1", { hasText: "run:3" }).waitFor();
  assert.equal((await cellsOf(page, "Verdicts")).length, 2);
  const [newest] = dataOf("report.html").verdicts;
  await page.goto(`${page.url().split("#")[0]}#/gate/0`);
  await page.getByText(`evidence ${newest.sha256}`).waitFor();
  await page.goto(`${page.url().split("#")[0]}#/gate/9`);
  await page.locator("h1", { hasText: "Not here" }).waitFor();
  page.check();
});

async function saved(page, label) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByLabel(label).click(),
  ]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

test("a chart is saved as a picture or as its numbers", async () => {
  const run = dataOf("report.html").pages.find((each) => each.run === 14);
  const page = await open("report.html", { hash: "#/run/14" });
  const cells = await saved(page, 'Save "Response times" as CSV');
  assert.equal(cells.name, "response-times.csv");
  const [head, ...rows] = cells.bytes.toString().trim().split("\r\n");
  assert.equal(head, "second,from_ns,to_ns,requests");
  const requests = rows.reduce((sum, row) => sum + Number(row.split(",")[3]), 0);
  assert.equal(requests, run.seconds.completed.reduce((sum, count) => sum + count));
  const rate = (await saved(page, 'Save "Rate" as CSV')).bytes.toString().split("\r\n");
  assert.equal(rate[0], "seconds since the start of the run,name,completed,due");
  assert.equal(rate[4], `3,second 3,${run.seconds.completed[3]},${run.seconds.planned[3]}`);
  const picture = await saved(page, 'Save "Rate" as PNG');
  assert.equal(picture.name, "rate.png");
  assert.equal(picture.bytes.subarray(1, 4).toString(), "PNG");
  assert.ok(picture.bytes.readUInt32BE(16) > 800);
});

test("an empty report has a gate page and a history page that say so", async () => {
  const page = await open("empty.html", { hash: "#/gate" });
  await page.getByText("No verdicts in this report").waitFor();
  await page.goto(`${page.url().split("#")[0]}#/history`);
  await page.locator("h1", { hasText: "Not here" }).waitFor();
  page.check();
});
