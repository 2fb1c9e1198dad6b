// What the browser tests share: reports made by REPORT_FIXTURE, Chromium, and how to read a page.
// A page fails its check() on any console error and on any request but the file itself.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before } from "node:test";
import { pathToFileURL } from "node:url";
import { inflateSync } from "node:zlib";
import { chromium } from "playwright-core";

const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const folder = mkdtempSync(join(tmpdir(), "weir-report-"));
let browser;
let contexts = [];

before(async () => {
  execFileSync(process.env.REPORT_FIXTURE, [folder]);
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: quiet });
});

afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()));
  contexts = [];
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens a report; `page.check()` fails on anything that went wrong since. */
export async function open(file, { hash = "", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  contexts.push(context);
  const page = await context.newPage();
  const wrong = [];
  const requests = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      wrong.push(`console: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => requests.push(request.url().split("#")[0]));
  const url = pathToFileURL(join(folder, file)).href;
  await page.goto(url + hash);
  await page.locator("main").first().waitFor({ state: "attached" });
  page.check = (more = []) => {
    assert.deepEqual(wrong, []);
    assert.deepEqual([...new Set(requests)].sort(), [url, ...more].sort());
  };
  return page;
}

export function dataOf(file) {
  const html = readFileSync(join(folder, file), "utf8");
  const packed = /id="data">(.*?)<\/script>/s.exec(html)[1];
  return JSON.parse(inflateSync(Buffer.from(packed, "base64")));
}

/** A number as the page writes it, back in ns, per second or as a ratio. */
export function parsed(text) {
  const match = /^(?:≥\s)?([\d.,]+)\s?(ns|µs|ms|s|\/s|k\/s|%)?$/.exec(text);
  assert.ok(match, `not a number: ${text}`);
  const factors = { ns: 1, µs: 1e3, ms: 1e6, s: 1e9, "/s": 1, "k/s": 1e3, "%": 0.01 };
  return Number(match[1].replaceAll(",", "")) * (factors[match[2]] ?? 1);
}

export async function cellsOf(page, region) {
  await page.locator("main").first().waitFor();
  return page.locator(`[role=region][aria-label="${region}"] tbody tr`).evaluateAll((rows) =>
    rows.map((row) =>
      [...row.cells].map((cell) => ({
        text: cell.textContent,
        value: cell.querySelector("data")?.value,
      })),
    ),
  );
}
