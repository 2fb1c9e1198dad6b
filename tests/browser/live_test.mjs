// The dashboard of a real `weir monitor` ($WEIR) in Chromium: what a source says stands on the page,
// people can act on it, and nothing old looks fresh. With $SHOTS, pictures are left in that folder.
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

const folder = mkdtempSync(join(tmpdir(), "weir-live-"));
const metrics = { text: 'errors{host="a"} 1\n', status: 200 };
let source;
let monitor;
let browser;
let url;

async function start() {
  monitor = spawn(process.env.WEIR, ["monitor", "monitor.yaml"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface(monitor.stdout), "line");
  url = `http://127.0.0.1:${/port (\d+)/.exec(line)[1]}/`;
}

before(async () => {
  source = createServer((_, answer) => {
    answer.writeHead(metrics.status).end(metrics.text);
  });
  source.listen(0, "127.0.0.1");
  await once(source, "listening");
  const config = {
    evaluate_every: "100ms",
    listen: "127.0.0.1:0",
    sources: [
      {
        name: "shop",
        scrape: `http://127.0.0.1:${source.address().port}/metrics`,
        interval: "200ms",
        timeout: "1s",
      },
      { name: "here", host: "/" },
    ],
    rules: [
      {
        alert: "HighErrors",
        source: "shop",
        metric: "errors",
        above: 10,
        labels: { severity: "page" },
        annotations: { summary: "{{ value }} errors on {{ labels.host }}" },
      },
    ],
    channels: [{ name: "log", file: "log.jsonl" }],
  };
  writeFileSync(join(folder, "monitor.yaml"), JSON.stringify(config));
  await start();
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  });
});

after(async () => {
  await browser?.close();
  monitor?.kill();
  source?.close();
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

const badge = (page, text) => page.locator(".badge", { hasText: text }).waitFor({ timeout: 10_000 });

test("what a source says stands on the page, and people can act on it", async () => {
  const { page, wrong, close } = await open();
  await badge(page, "Active");
  await page.getByText("Nothing is pending or fires.").waitFor();
  const began = performance.now();
  metrics.text = 'errors{host="<b>a</b>"} 11\n';
  const row = page.locator("[data-alert]");
  await row.waitFor();
  const tookMs = performance.now() - began;
  assert.ok(tookMs < 5000, `${tookMs} ms`);
  assert.match(await row.textContent(), /firing.*HighErrors.*host=<b>a<\/b>.*11 errors on <b>a/s);
  await row.getByRole("button", { name: "Acknowledge" }).click();
  await row.getByText("acknowledged by somebody at the page").waitFor();
  await row.getByRole("button", { name: "Give back" }).click();
  await row.getByRole("button", { name: "Acknowledge" }).waitFor();
  await row.getByRole("button", { name: "Silence 1 h" }).click();
  await row.getByText("silenced").waitFor();
  assert.match(await page.locator("[data-source=shop]").textContent(), /(\d+) = \1 \+ 0 \+ 0/);
  assert.deepEqual(wrong, []);
  await close();
});

test("it is readable in light, dark and on a phone, without scrolling sideways", async () => {
  const looks = {
    light: { colorScheme: "light" },
    dark: { colorScheme: "dark" },
    phone: { viewport: { width: 390, height: 844 }, colorScheme: "light" },
  };
  for (const [name, options] of Object.entries(looks)) {
    const { page, wrong, close } = await open(options);
    await page.locator("[data-alert]").waitFor();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(overflow <= 0, `${name}: ${overflow} px`);
    if (process.env.SHOTS) {
      await page.screenshot({ path: join(process.env.SHOTS, `live-${name}.png`), fullPage: true });
    }
    assert.deepEqual(wrong, []);
    await close();
  }
});

test("a source that fails turns the badge, and a monitor that is gone makes all of it old", async () => {
  const { page, close } = await open();
  await badge(page, "Active");
  const began = performance.now();
  metrics.status = 503;
  await badge(page, "Degraded");
  assert.ok(performance.now() - began < 6000);
  await page.getByText(/source shop is (degraded|failed|stale)/).waitFor();
  metrics.status = 200;
  await badge(page, "Active");
  monitor.kill("SIGKILL");
  const killed = performance.now();
  await badge(page, "Stale");
  assert.ok(performance.now() - killed < 8000);
  assert.ok(await page.locator("body.old").count());
  await close();
});

test("pages of other origins, and forms, cannot act", async () => {
  await start();
  const act = (headers, body) =>
    fetch(`${url}api/v1/silences`, { method: "POST", headers, body });
  const body = JSON.stringify({ matchers: ["host=z"], for_s: 60 });
  const json = { "Content-Type": "application/json" };
  assert.equal((await act({ ...json, Origin: "http://evil.example" }, body)).status, 403);
  assert.equal((await act({ "Content-Type": "text/plain" }, body)).status, 415);
  assert.equal((await act(json, '{"matchers": ["host=z"], "for_s": 60, "x": 1}')).status, 400);
  assert.equal((await act(json, '{"matchers": ["host!=z"], "for_s": 60}')).status, 400);
  assert.equal((await act(json, body)).status, 200);
});
