// Pages of a shop that load the script of a real `weir monitor` ($WEIR) in Chromium: what their users
// had of them is what the monitor says.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const folder = mkdtempSync(join(tmpdir(), "weir-rum-"));
const lcpMs = 400;
let shop;
let origin;
let monitor;
let browser;
let url;

// Its heading, the largest paint, comes after `lcpMs`; its button keeps the page busy.
const html = () => `<!doctype html><title>shop</title>
<script async src="${url}rum.js"></script>
<link rel="icon" href="data:,">
<p>small</p><a href="/next">next</a>
<button onclick="const end = performance.now() + 120; while (performance.now() < end);">buy</button>
<script>
setTimeout(() => {
  const heading = document.createElement("h1");
  heading.textContent = "The shop that has everything, and much of it, at once";
  heading.style.fontSize = "80px";
  document.body.append(heading);
}, ${lcpMs});
</script>`;

before(async () => {
  shop = createServer((request, answer) => {
    answer.writeHead(200, { "Content-Type": "text/html" }).end(html());
  });
  shop.listen(0, "127.0.0.1");
  await once(shop, "listening");
  // Another origin than that of the monitor, as it is in the field.
  origin = `http://localhost:${shop.address().port}`;
  const config = {
    evaluate_every: "100ms",
    listen: "127.0.0.1:0",
    sources: [
      { name: "users", rum: origin, interval: "100ms", apdex: "300ms" },
      { name: "inside", probe: `http://127.0.0.1:${shop.address().port}/`, interval: "1s" },
    ],
    rules: [
      {
        alert: "Slow",
        source: "users",
        metric: "weir_rum_lcp_seconds",
        match: ['quantile="0.5"', 'page!="all"'],
        above: 0,
        annotations: { summary: "{{ labels.page }} {{ value }}" },
      },
      { alert: "Busy", source: "users", metric: "weir_rum_inp_seconds", match: ['page="/"'], above: 0 },
      { alert: "Apdex", source: "users", metric: "weir_rum_apdex", match: ['page="/"'], at_least: 0 },
      { alert: "Left", source: "users", metric: "weir_rum_left_ratio", at_least: 0 },
      { alert: "Failed", source: "users", metric: "weir_rum_errors_total", above: 0 },
      { alert: "Done", source: "users", metric: "weir_rum_done_total", above: 0 },
    ],
    channels: [{ name: "log", file: "log.jsonl" }],
  };
  writeFileSync(join(folder, "monitor.yaml"), JSON.stringify(config));
  monitor = spawn(process.env.WEIR, ["monitor", "monitor.yaml"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface(monitor.stdout), "line");
  url = `http://127.0.0.1:${/port (\d+)/.exec(line)[1]}/`;
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  });
});

after(async () => {
  await browser?.close();
  monitor?.kill();
  shop?.close();
  shop?.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

const status = async () => (await fetch(`${url}api/v1/status`)).json();

// The value of the alert of that name and page, once `holds` of it.
async function value(alert, page, holds = () => true) {
  for (let i = 0; i < 100; i++) {
    const { alerts } = await status();
    const found = alerts.find(({ labels }) => labels.alertname === alert && labels.page === page);
    if (found && holds(found.value)) {
      return found.value;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail(`no ${alert} of ${page}: ${JSON.stringify((await status()).alerts)}`);
}

async function visit(page, path) {
  await page.goto(origin + path);
  await page.locator("h1").waitFor();
  // The frame in which it stands.
  await page.evaluate(
    () =>
      new Promise((done) => {
        new PerformanceObserver((list) => {
          if (list.getEntries().some((entry) => entry.element?.localName === "h1")) {
            done();
          }
        }).observe({ type: "largest-contentful-paint", buffered: true });
      }),
  );
  return page.evaluate(
    () =>
      new Promise((done) => {
        new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime)).observe({
          type: "largest-contentful-paint",
          buffered: true,
        });
      }),
  );
}

test("what a user had of a page is what the monitor says of it", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      wrong.push(message.text());
    }
  });
  const ages = [];
  page.on("request", (request) => {
    if (request.url() === `${url}rum`) {
      ages.push(request.postDataJSON().age_ms);
    }
  });
  const lcp = await visit(page, "/?secret=1");
  assert.ok(lcp >= lcpMs, `${lcp}`);
  await page.getByRole("button", { name: "buy" }).click();
  await page.evaluate(() => weirRum("done"));
  await page.getByRole("link", { name: "next" }).click();
  await page.waitForURL(`${origin}/next`);
  assert.ok(Math.abs((await value("Slow", "/")) - lcp / 1000) < 1e-6);
  const inp = await value("Busy", "/");
  assert.ok(inp >= 0.12 && inp < 1, `${inp}`);
  assert.equal(await value("Apdex", "/"), 0.5); // Above 0.3 s, within 1.2 s.
  assert.equal(await value("Left", "/"), 0); // To another page of the site.
  assert.equal(await value("Done", "/"), 1);
  assert.deepEqual(await context.cookies(), []);
  assert.deepEqual(wrong, []);
  // From there to somewhere else.
  await page.locator("h1").waitFor();
  await page.goto("about:blank");
  assert.equal(await value("Left", "/next"), 1);
  assert.equal(await value("Left", "all"), 0.5);
  assert.ok(ages.length >= 2 && ages[0] >= lcp && ages.every((age) => age < 60_000), JSON.stringify(ages));
  const [{ ledger }] = (await status()).sources;
  assert.equal(ledger.offered, ledger.ingested);
  assert.ok(ledger.ingested >= 2 && ledger.ingested <= 4, JSON.stringify(ledger));
  await context.close();
});

test("the dashboard shows Apdex as the engine has it, and what users have of each page", async () => {
  const { pages, engines } = await status();
  assert.equal(pages[0].page, "all");
  assert.ok(pages[0].apdex > 0 && pages[0].apdex <= 1, JSON.stringify(pages));
  assert.equal(engines.find((engine) => engine.name === "ux").health, "integrated");
  const page = await browser.newPage();
  await page.goto(url);
  const tile = page.locator('[data-tile="Apdex"]');
  await tile.locator(`data[value="${pages[0].apdex}"]`).waitFor();
  assert.equal(await tile.locator(".figure").innerText(), pages[0].apdex.toFixed(2));
  const row = page.locator('[data-page="/"]');
  assert.equal(await row.locator("td").nth(2).innerText(), "0.50");
  assert.match(await row.locator("td").nth(7).innerText(), /^n too small/, "one view tells nothing");
  // The server is fast where the page is slow.
  const probed = page.locator('[data-page="/"] td:nth-child(9) data');
  await probed.waitFor();
  assert.ok(Number(await probed.getAttribute("value")) < lcpMs / 1000);
  assert.equal((await status()).pages.find((each) => each.page === "/").probe, "inside");
  assert.match(await row.locator("td").nth(9).innerText(), /^n too small/, "nor does a minute");
  await page.close();
});

// It takes an hour to learn: here the status has it at once.
test("the dashboard shows what users have that moves with the probe", async () => {
  const page = await browser.newPage();
  await page.route("**/api/v1/events*", async (route) => {
    const now = await status();
    now.pages.find((each) => each.page === "/").probe_links = [
      { outcome: "lcp", rows: 340, correlation: 0.6172, low: 0.49, high: 0.7181, associated: true },
      { outcome: "left", rows: 340, correlation: 0.02, low: -0.1, high: 0.13, associated: false },
    ];
    await route.fulfill({
      contentType: "text/event-stream",
      body: `event: status\ndata: ${JSON.stringify(now)}\n\n`,
    });
  });
  await page.goto(url);
  const cell = page.locator('[data-page="/"] td').nth(9);
  await cell.locator('data[value="0.6172"]').waitFor();
  assert.equal(await cell.innerText(), "LCP: 0.62 (0.49 to 0.72)\nleft: not seen in 5.7 h");
  if (process.env.PICTURE) {
    await page.setViewportSize({ width: 1280, height: 1000 });
    await page.screenshot({ path: process.env.PICTURE, fullPage: true });
  }
  await page.close();
});

test("a script that fails makes a view that failed, and a tab that is closed still tells", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await visit(page, "/order/4711");
  await page.evaluate(() => setTimeout(() => window.missing()));
  await page.waitForEvent("pageerror");
  await page.close({ runBeforeUnload: true });
  assert.equal(await value("Failed", "/order/:id"), 1);
  assert.equal(await value("Left", "/order/:id"), 1);
  await context.close();
});

test("a page of an origin that is not allowed is not heard, and that is counted", async () => {
  const before = (await status()).sources[0].ledger;
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${shop.address().port}/stranger`);
  await page.locator("h1").waitFor();
  await page.goto("about:blank");
  for (let i = 0; i < 100; i++) {
    const { ledger } = (await status()).sources[0];
    if (ledger.rejected > before.rejected) {
      assert.equal(ledger.ingested, before.ingested);
      assert.equal(ledger.offered, ledger.ingested + ledger.rejected + ledger.dropped);
      await page.close();
      return;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail("no beacon was rejected");
});

test("users are told apart by their device, or as the page says", async () => {
  const context = await browser.newContext({ hasTouch: true, viewport: { width: 390, height: 844 }, isMobile: true });
  const page = await context.newPage();
  await visit(page, "/");
  await page.close();
  await context.close();
  for (let i = 0; ; i++) {
    const segments = (await status()).pages.map(({ segment }) => segment).filter(Boolean);
    if (segments.includes("phone") && segments.includes("desktop")) {
      break;
    }
    assert.ok(i < 100, `segments: ${segments}`);
    await new Promise((done) => setTimeout(done, 100));
  }
});

test("the script is small", async () => {
  const answer = await fetch(`${url}rum.js`);
  const script = await answer.text();
  assert.match(answer.headers.get("content-type"), /^text\/javascript/);
  assert.ok(script.length < 2000, `${script.length} bytes`);
});
