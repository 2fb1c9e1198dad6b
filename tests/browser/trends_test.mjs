// The charts of a real `weir monitor` ($WEIR) in Chromium: what was expected, what is foretold and
// when builds were deployed stand on the page. With $SHOTS, pictures are left in that folder.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const folder = mkdtempSync(join(tmpdir(), "weir-trends-"));
let looks = 0;
let odd = 0;
let source;
let monitor;
let browser;
let writing;
let url;

const run = (...args) =>
  spawn(process.env.WEIR, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });

// A wave, and a disk that fills.
function answer(_, response) {
  looks += 1;
  const latency = 100 + 8 * Math.sin(looks * 2.4) + 5 * Math.sin(looks * 0.37) + odd;
  const free = Array.from({ length: 16 }, (_, i) => `free{disk="${i}"} ${50 + Math.sin(looks * (1 + i))}`);
  const disk = 40 + looks * 0.05 + Math.sin(looks);
  response.end(`latency{host="<b>a</b>"} ${latency}\ndisk ${disk}\n${free.join("\n")}\n`);
}

before(async () => {
  source = createServer(answer);
  source.listen(0, "127.0.0.1");
  await once(source, "listening");
  const config = {
    evaluate_every: "100ms",
    link: "http://weir.example:8471",
    listen: "127.0.0.1:0",
    sources: [
      {
        name: "shop",
        scrape: `http://127.0.0.1:${source.address().port}/metrics`,
        interval: "100ms",
        timeout: "1s",
      },
      { name: "log", access_log: "access.log", interval: "1s" },
    ],
    rules: [
      { alert: "OddLatency", source: "shop", metric: "latency", anomaly: { every: "100ms" } },
      {
        alert: "DiskWillBeFull",
        source: "shop",
        metric: "disk",
        above: 90,
        predict: { within: "12s", every: "400ms", probability: "80%" },
      },
      { alert: "Full", source: "shop", metric: "free", below: 10, predict: { within: "3s", every: "300ms" } },
    ],
    channels: [{ name: "log", file: "log.jsonl" }],
  };
  writeFileSync(join(folder, "access.log"), "");
  writeFileSync(join(folder, "monitor.yaml"), JSON.stringify(config));
  monitor = run("monitor", "monitor.yaml");
  const [line] = await once(createInterface(monitor.stdout), "line");
  url = `http://127.0.0.1:${/port (\d+)/.exec(line)[1]}/`;
  writing = setInterval(() => {
    const request = (status) =>
      `10.0.0.1 - - [25/Nov/2026:12:00:00 +0000] "GET /a HTTP/1.1" ${status} 12 "-" "curl" 0.${100 + (looks % 50)}\n`;
    appendFileSync(join(folder, "access.log"), request(200).repeat(9 + (looks % 5)) + request(503));
  }, 300);
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  });
});

after(async () => {
  clearInterval(writing);
  await browser?.close();
  monitor?.kill();
  source?.close();
  source?.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      wrong.push(message.text());
    }
  });
  page.on("pageerror", (error) => wrong.push(error.message));
  await page.goto(url);
  await page.locator("[data-source=shop]").waitFor();
  return { page, wrong, close: () => context.close() };
}

const trends = async () => (await fetch(`${url}api/v1/trends`)).json();

async function until(what, longestMs = 60_000) {
  const end = Date.now() + longestMs;
  for (;;) {
    const found = await what();
    if (found) {
      return found;
    }
    assert.ok(Date.now() < end, `not within ${longestMs} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

const seriesOf = (now, rule) => now.series.find((each) => each.rule === rule);
const chart = (page, title) => page.locator("figure", { hasText: title });

test("values stand on the page with what was expected, what is foretold, and deployments", async () => {
  const { page, wrong, close } = await open();
  await chart(page, "DiskWillBeFull").waitFor({ timeout: 20_000 });
  const served = run("serve", "--listen", "127.0.0.1:0");
  const [line] = await once(createInterface(served.stdout), "line");
  const marked = await fetch(`http://127.0.0.1:${/:(\d+)/.exec(line)[1]}/api/v1/deployments`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ service: "shop", build: "<i>b8</i>", phase: "Succeeded" }),
  });
  served.kill();
  assert.ok(marked.ok, await marked.text());
  await until(async () => (await trends()).marks.length === 1, 5000);
  // The engine warms up for 200 values.
  await until(async () => seriesOf(await trends(), "OddLatency").points.low.at(-1) !== null);
  odd = 150;
  const now = await until(async () => {
    const all = await trends();
    // The first forecast of a series waits for its turn, by up to nine seconds here.
    const ready = seriesOf(all, "DiskWillBeFull").forecast !== null;
    return ready && seriesOf(all, "OddLatency").phase === "firing" && all;
  });
  assert.equal(now.series[0].rule, "OddLatency", "what fires comes first");
  const { points } = now.series[0];
  assert.equal(points.at_ms.length, points.high.length);
  assert.ok(points.value.at(-1) > points.high.at(-1));
  assert.ok(points.value.length <= 120);
  const disk = seriesOf(now, "DiskWillBeFull");
  assert.deepEqual(disk.limit, { side: "above", level: 90, clear_level: null });
  assert.equal(disk.forecast.expected.length, 30);
  // It fills by 0.05 each 100 ms, so by 6 in 12 s.
  const grows = disk.forecast.expected.at(-1) - disk.points.value.at(-1);
  assert.ok(grows > 2 && grows < 10, `${grows}`);

  const oddChart = chart(page, "OddLatency");
  await oddChart.getByText("the alert fires").waitFor({ timeout: 10_000 });
  assert.match(await oddChart.innerText(), /host=<b>a<\/b>/);
  assert.match(await oddChart.innerText(), /expected from/);
  // The page asks for it a moment after it is there.
  const label = () => chart(page, "DiskWillBeFull").getByRole("img").getAttribute("aria-label");
  const said = await until(async () => {
    const text = await label();
    return text.includes("with 80 %") && text;
  }, 10_000);
  assert.match(said, /^DiskWillBeFull\. \d.* at \d\d:\d\d:\d\d; .*with 80 %; bad above 90 .*\. Arrow keys/s);
  assert.match(said, /deploy Succeeded: shop <i>b8<\/i> at/);
  // Arrow keys read out what stands at a place.
  await chart(page, "DiskWillBeFull").getByRole("img").focus();
  await page.keyboard.press("ArrowRight");
  assert.match(await chart(page, "DiskWillBeFull").locator(".legend").innerText(), /value\s*4\d/);
  for (const title of ["Response time, log", "Requests per second, log", "Requests that fail, log"]) {
    await chart(page, title).waitFor({ timeout: 5000 });
  }
  assert.deepEqual(wrong, []);
  await close();
});

test("forecasts that have come due say how far they can be trusted", async () => {
  const { page, wrong, close } = await open();
  const tile = page.locator('[data-tile="prediction confidence"]');
  await tile.locator("data").waitFor({ timeout: 90_000 });
  const text = await tile.innerText();
  assert.match(text, /^\d+\s%\s+prediction confidence\s+(as they say|over|too).*: \d+ of \d+ came true \(95 %/s);
  const { forecasts } = await (await fetch(`${url}api/v1/status`)).json();
  assert.ok(forecasts.due >= 30);
  const asked = run("monitor", "status", url);
  assert.match((await asked.stdout.toArray()).join(""), /^forecasts .*: \d+ of \d+ came true/m);
  assert.deepEqual(wrong, []);
  await close();
});

test("an alert has a page with its story, also when it is over", async () => {
  const { page, wrong, close } = await open();
  const { id } = seriesOf(await trends(), "OddLatency");
  const line = readFileSync(join(folder, "log.jsonl"), "utf8").split("\n")[0];
  const link = JSON.parse(line).alerts[0].generatorURL;
  assert.match(link, /^http:\/\/weir\.example:8471\/\?alert=[0-9a-f]{32}$/);
  await page.goto(`${url}?alert=${id}`);
  const began = page.locator('[data-chart="How it began"]');
  await began.locator("canvas").waitFor({ timeout: 10_000 });
  const text = await page.locator(".evidence").innerText();
  assert.match(text, /OddLatency (firing|ended)/);
  assert.match(text, /shop latency: not as it was before for 3 values in a row/);
  assert.match(text, /host=<b>a<\/b>/);
  assert.match(text, /acknowledged\s+by nobody/);
  await page.locator("[data-message=log]", { hasText: "delivered" }).first().waitFor();
  assert.match(await began.locator("small").innerText(), /expected \d+.* to \d/);
  odd = 0;
  await page.locator(".evidence h2", { hasText: "OddLatency ended" }).waitFor({ timeout: 20_000 });
  if (process.env.SHOTS) {
    for (const [look, width] of [["light", 1280], ["dark", 1280], ["light", 390]]) {
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme: look });
      await page.waitForTimeout(300);
      const path = join(process.env.SHOTS, `alert-${look}-${width}.png`);
      await page.screenshot({ path, fullPage: true });
    }
  }
  await page.setViewportSize({ width: 390, height: 844 });
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.ok(overflow <= 0, `${overflow} px`);
  assert.deepEqual(wrong, []);
  await page.goto(`${url}?alert=${"0".repeat(32)}`);
  await page.getByText("this alert is not known, or no more").waitFor();
  await close();
});

test("an event of the status does not hold what is drawn, and charts follow it", async () => {
  const { page, wrong, close } = await open();
  const event = await (await fetch(`${url}api/v1/events`)).text();
  assert.ok(!event.includes("low80"));
  const shown = chart(page, "OddLatency").locator("small");
  await shown.waitFor({ timeout: 10_000 });
  const first = await shown.innerText();
  await page.waitForFunction(
    (text) => ![...document.querySelectorAll("figure small")].some((each) => each.innerText === text),
    first,
    { timeout: 6000 },
  );
  assert.equal(await page.locator(".trends.old").count(), 0);
  assert.deepEqual(wrong, []);
  await close();
});

test("charts are readable in light, dark and on a phone, without scrolling sideways", async () => {
  const looks = {
    light: { colorScheme: "light" },
    dark: { colorScheme: "dark" },
    phone: { viewport: { width: 390, height: 844 }, colorScheme: "light" },
  };
  for (const [name, options] of Object.entries(looks)) {
    const { page, wrong, close } = await open(options);
    await chart(page, "OddLatency").locator("canvas").waitFor();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(overflow <= 0, `${name}: ${overflow} px`);
    if (process.env.SHOTS) {
      await page.screenshot({ path: join(process.env.SHOTS, `trends-${name}.png`), fullPage: true });
    }
    assert.deepEqual(wrong, []);
    await close();
  }
});

test("charts of a monitor that is gone fade", async () => {
  const { page, close } = await open();
  const faded = () =>
    page.locator(".trends .charts").evaluate((each) => Number(getComputedStyle(each).opacity));
  await chart(page, "OddLatency").locator("canvas").waitFor();
  assert.equal(await faded(), 1);
  monitor.kill("SIGKILL");
  await page.locator("body.old").waitFor({ timeout: 7000 });
  assert.ok((await faded()) < 0.5);
  await close();
});
