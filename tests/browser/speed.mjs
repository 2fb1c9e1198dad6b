// How fast a report's history is: node speed.mjs REPORT.html SCENARIO, prints milliseconds as JSON.
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [file, scenario] = process.argv.slice(2);
const rounds = 5;

/** From the press of a button until the browser has painted it, once it is done with all before. */
async function paintedAfter(page, text) {
  return page.evaluate(async (words) => {
    // A page that paints nothing may never be idle in a browser without a window.
    await new Promise((done) => requestIdleCallback(done, { timeout: 2000 }));
    const button = [...document.querySelectorAll("button")].find((b) => b.textContent === words);
    const begin = performance.now();
    button.click();
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - begin;
  }, text);
}

async function measure(browser) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const hash = `#/history/${encodeURIComponent(scenario)}`;
  const begin = performance.now();
  await page.goto(pathToFileURL(file).href + hash);
  await page.locator("figure canvas").first().waitFor();
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  const open = performance.now() - begin;
  const plot = page.locator(".u-over").first();
  const box = await plot.boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/range=/);
  const zoom = await paintedAfter(page, "Zoom to the range");
  const back = await paintedAfter(page, "All runs");
  await page.close();
  return { open, zoom, back };
}

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const found = [];
for (let i = 0; i < rounds; i++) {
  found.push(await measure(browser));
}
await browser.close();
console.log(JSON.stringify(found));
