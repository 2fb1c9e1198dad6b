// The dashboard of a real `weir monitor` ($WEIR) in Chromium: what a source says stands on the page,
// people can act on it, and nothing old looks fresh. With $SHOTS, pictures are left in that folder.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const folder = mkdtempSync(join(tmpdir(), "weir-live-"));
const metrics = { text: 'errors{host="a"} 1\n', status: 200 };
// $SERIES: so many more, each with a new value in each look, and a rule that looks at all of them.
const others = Number(process.env.SERIES ?? 0);
let looks = 0;
const crowd = () =>
  Array.from({ length: others }, (_, i) => `load{number="${i}"} ${(i + looks++) % 997}\n`).join("");
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
    answer.writeHead(metrics.status).end(metrics.text + crowd());
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
      { name: "log", access_log: "access.log", interval: "1s" },
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
      { alert: "Overload", source: "shop", metric: "load", above: 1000 },
    ],
    channels: [{ name: "log", file: "log.jsonl" }],
  };
  writeFileSync(join(folder, "access.log"), "");
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
  metrics.text = 'errors{host="<b>a</b>"} 11\n';
  const row = page.locator("[data-alert]");
  await row.waitFor();
  assert.match(await row.textContent(), /firing.*HighErrors.*host=<b>a<\/b>.*11 errors on <b>a/s);
  await row.getByRole("button", { name: "Acknowledge" }).click();
  await row.getByText("acknowledged by somebody at the page").waitFor();
  await row.getByRole("button", { name: "Give back" }).click();
  await row.getByRole("button", { name: "Acknowledge" }).waitFor();
  const noise = row.getByRole("button", { name: "Noise" });
  await noise.click();
  await row.getByText("noise, says somebody at the page").waitFor();
  assert.equal(await noise.getAttribute("aria-pressed"), "true");
  const marked = page.locator('[data-rule="HighErrors"]');
  assert.match(await marked.textContent(), /0 of 1/);
  await row.getByRole("button", { name: "Useful" }).click();
  await row.getByText("useful, says somebody at the page").waitFor();
  assert.match(await marked.textContent(), /1 of 1/);
  await row.getByRole("button", { name: "Useful" }).click();
  await marked.waitFor({ state: "detached" });
  await row.getByRole("button", { name: "Silence 1 h" }).click();
  await row.getByText("silenced").waitFor();
  assert.match(await page.locator("[data-source=shop]").textContent(), /(\d+) = \1 \+ 0 \+ 0/);
  assert.deepEqual(wrong, []);
  await close();
});

// All is told anew each second; between pressing and letting go much may come.
test("a button that is held while values change does what it says", async () => {
  const { page, wrong, close } = await open();
  metrics.text = 'errors{host="held"} 11\n';
  const row = page.locator("[data-alert]", { hasText: "host=held" });
  await row.locator('data[value="11"]').waitFor();
  // Until the alerts of other tests have gone, it moves.
  await page.getByText("Alerts: 1 firing").waitFor();
  await row.getByRole("button", { name: "Acknowledge" }).hover();
  await page.mouse.down();
  metrics.text = 'errors{host="held"} 12\n';
  await row.locator('data[value="12"]').waitFor();
  await page.mouse.up();
  await row.getByText("acknowledged by somebody at the page").waitFor();
  assert.deepEqual(wrong, []);
  await close();
});

test("an alert that flaps is said to flap", async () => {
  const { page, wrong, close } = await open();
  const row = page.locator("[data-alert]", { hasText: "host=flaps" });
  for (let began = 1; began <= 6; ++began) {
    metrics.text = 'errors{host="flaps"} 11\n';
    await row.waitFor();
    if (began < 6) {
      assert.doesNotMatch(await row.textContent(), /flapping/);
      metrics.text = 'errors{host="a"} 1\n';
      await row.waitFor({ state: "detached" });
    }
  }
  await row.getByText("flapping: began 6 times").waitFor();
  metrics.text = 'errors{host="a"} 1\n';
  await row.waitFor({ state: "detached" });
  assert.deepEqual(wrong, []);
  await close();
});

test("tiles say what users have of it, and what is not known", async () => {
  const { page, wrong, close } = await open();
  const tile = (label) => page.locator(`[data-tile="${label}"]`);
  const line = (status) =>
    `10.0.0.1 - - [25/Nov/2026:12:00:00 +0000] "GET /a HTTP/1.1" ${status} 12 "-" "curl" 0.250\n`;
  appendFileSync(join(folder, "access.log"), line(200).repeat(7) + line(503));
  const errors = tile("requests that fail");
  await errors.locator('data[value="0.125"]').waitFor();
  assert.equal(await errors.locator(".figure").innerText(), "12.50\u202f%");
  // Eight in a look that is about a second apart from the one before.
  const rates = await page.evaluate(() => fetch("api/v1/status").then((answer) => answer.json()));
  const [{ source, trend }] = rates.services;
  assert.equal(source, "log");
  const at = trend.error_ratio.indexOf(0.125);
  const spanS = (Date.parse(trend.at[at]) - Date.parse(trend.at[at - 1])) / 1000;
  assert.ok(Math.abs(trend.rate_per_s[at] * spanS - 8) < 0.05, `${trend.rate_per_s[at]} for ${spanS} s`);
  assert.ok(Math.abs(trend.p90_s[at] - 0.25) < 0.001);
  assert.ok(rates.pipeline_latency_s > 0 && rates.pipeline_latency_s < 1);
  await tile("requests per second").locator('data[value="0"]').waitFor();
  assert.match(await tile("response time, p90").innerText(), /^n\/a/, "a look without requests");
  assert.match(await tile("prediction confidence").innerText(), /^n\/a/);
  assert.ok(await tile("requests per second").locator("svg path").count());
  assert.deepEqual(wrong, []);
  await close();
});

test("what a source warns of stands beside it, and turns no badge", async () => {
  const { page, wrong, close } = await open();
  const row = page.locator("[data-source=log]");
  appendFileSync(join(folder, "access.log"), "no line of a log\n");
  await row.getByText(/ \+ 1 \+ 0/).waitFor();
  assert.doesNotMatch(await row.textContent(), /warns/);
  writeFileSync(join(folder, "access.log"), "");
  await row.getByText("warns: the file was cut off 1 times").waitFor();
  await badge(page, "Active");
  assert.deepEqual(wrong, []);
  await close();
});

// What gates and deploy tools leave in the history while the monitor runs on it.
test("verdicts of gates and deployments stand on the page once they are in the history", async () => {
  const { page, wrong, close } = await open();
  const gates = page.locator('[data-tile="gates"]');
  assert.match(await gates.innerText(), /^n\/a/);
  const weir = (...args) =>
    spawn(process.env.WEIR, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const served = weir("serve", "--listen", "127.0.0.1:0");
  const [line] = await once(createInterface(served.stdout), "line");
  const marked = await fetch(`http://127.0.0.1:${/:(\d+)/.exec(line)[1]}/api/v1/deployments`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ service: "shop", build: "<i>b8</i>", phase: "Succeeded" }),
  });
  served.kill();
  assert.ok(marked.ok, await marked.text());
  const deploy = page.locator("[data-deploy=shop]");
  await deploy.first().waitFor({ timeout: 5000 });
  assert.match(await deploy.first().innerText(), /Succeeded.*shop.*<i>b8<\/i>.*ago/s);

  const target = `http://127.0.0.1:${source.address().port}/`;
  for (const build of ["b7", "b8"]) {
    const [code] = await once(
      weir("run", target, "--rate", "20", "--duration", "2s", "--warm-up", "0s", "--build", build, "--quiet"),
      "exit",
    );
    assert.equal(code, 0, build);
  }
  // One run of each side cannot tell.
  const [code] = await once(weir("gate", "--candidate", "build:b8", "--baseline", "build:b7"), "exit");
  assert.equal(code, 11);
  await gates.getByText("inconclusive").waitFor({ timeout: 5000 });
  assert.match(await gates.innerText(), /build:b8, .* ago/);
  await page.getByText("weir gate replay 1").waitFor();
  const { gates: told } = await page.evaluate(() => fetch("api/v1/status").then((answer) => answer.json()));
  assert.equal(told.standing.verdict, "inconclusive");
  assert.equal(told.verdicts.length, 1);
  assert.equal(told.deployments[0].build, "<i>b8</i>");
  assert.equal(told.trouble, null);
  // Events after the first leave them out; the page goes on showing them, also when it is loaded anew.
  const events = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const seen = [];
        const stream = new EventSource("api/v1/events");
        stream.addEventListener("status", ({ data }) => {
          seen.push("gates" in JSON.parse(data));
          if (seen.length === 4) {
            stream.close();
            resolve(seen);
          }
        });
      }),
  );
  assert.deepEqual(events, [true, false, false, false]);
  assert.match(await gates.innerText(), /inconclusive/);
  await page.reload();
  await gates.getByText("inconclusive").waitFor({ timeout: 5000 });
  await deploy.first().waitFor();
  const asked = weir("monitor", "status", url);
  const text = (await asked.stdout.toArray()).join("");
  assert.match(text, /^gates .* inconclusive build:b8 at 20/m);
  assert.match(text, /^deploy +shop +Succeeded +<i>b8<\/i> at 20.*, told by api$/m);
  assert.deepEqual(wrong, []);
  await close();
});

// $INJECTIONS: so many, and their times are printed; docs/performance.md has those of 200.
test("a value that a source has stands on the page within a second", async (t) => {
  const { page, close } = await open();
  const injections = Number(process.env.INJECTIONS ?? 20);
  const took = [];
  for (let i = 0; i < injections; i++) {
    const value = String(1000 + i);
    // Seen by the page itself, in the frame in which it stands there.
    const seen = page.evaluate(
      (text) =>
        new Promise((done) => {
          const look = () =>
            [...document.querySelectorAll("[data-alert] data")].some((each) => each.value === text)
              ? done(Date.now())
              : requestAnimationFrame(look);
          look();
        }),
      value,
    );
    await page.waitForTimeout((i * 37) % 200); // At any moment between two looks at the source.
    const injected = Date.now();
    metrics.text = `errors{host="a"} ${value}\n`;
    took.push((await seen) - injected);
  }
  took.sort((a, b) => a - b);
  const [median, p99] = [0.5, 0.99].map((q) => took[Math.ceil(q * took.length) - 1]);
  t.diagnostic(`${injections} values: median ${median} ms, p99 ${p99} ms, at most ${took.at(-1)} ms`);
  assert.ok(p99 < 1000, `p99 ${p99} ms`);
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

test("a source that is killed turns the badge, and a monitor that is gone makes all of it old", async () => {
  const { page, close } = await open();
  await badge(page, "Active");
  const { port } = source.address();
  const began = performance.now();
  source.close();
  source.closeAllConnections();
  await badge(page, "Degraded");
  assert.ok(performance.now() - began < 6000);
  await page.getByText(/source shop is (degraded|failed|stale)/).waitFor();
  source.listen(port, "127.0.0.1");
  await badge(page, "Active");
  monitor.kill("SIGKILL");
  const killed = performance.now();
  await badge(page, "Stale");
  const stale = performance.now() - killed;
  assert.ok(stale > 4000 && stale < 6000, `${stale} ms`);
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
