// Bundles the page and writes it as C++: node build.mjs OUTPUT.cc
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const budgetGzipBytes = 60_000;
const rumBudgetGzipBytes = 1_100;

async function bundle(entry, extra) {
  const result = await build({
    entryPoints: [new URL(entry, import.meta.url).pathname],
    bundle: true,
    minify: true,
    write: false,
    charset: "ascii",
    legalComments: "none",
    ...extra,
  });
  return result.outputFiles[0].text.trimEnd();
}

function asBytes(name, text) {
  const bytes = [...Buffer.from(text, "ascii")];
  const lines = [];
  for (let i = 0; i < bytes.length; i += 32) {
    lines.push(bytes.slice(i, i + 32).join(","));
  }
  return `constexpr char k${name}Bytes[] = {\n${lines.join(",\n")}};\n`;
}

function asView(name) {
  return `const std::string_view k${name}(k${name}Bytes, sizeof(k${name}Bytes));\n`;
}

const sha256 = (text) => createHash("sha256").update(text).digest("base64");

async function page(entry, css) {
  const script = await bundle(entry, { format: "iife", target: "es2021" });
  const style = await bundle(css, { target: "chrome100" });
  if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) {
    throw new Error("the bundle has text that ends its own element");
  }
  // esbuild leaves what stands in a regular expression as it is.
  if (/[^\x00-\x7f]/.test(script + style)) {
    throw new Error("the bundle is not ASCII: write \\u escapes in regular expressions");
  }
  return { script, style };
}

function asAssets(name, { script, style }) {
  return {
    bytes: asBytes(`${name}Script`, script) + asBytes(`${name}Style`, style),
    views:
      asView(`${name}Script`) +
      asView(`${name}Style`) +
      `const std::string_view k${name}ScriptSha256 = "${sha256(script)}";\n` +
      `const std::string_view k${name}StyleSha256 = "${sha256(style)}";\n`,
  };
}

const report = await page("src/main.ts", "src/style.css");
const live = await page("src/live.ts", "src/live.css");
const { script, style } = report;
const gzipBytes = gzipSync(script, { level: 9 }).length;
if (gzipBytes > budgetGzipBytes) {
  throw new Error(`the script is ${gzipBytes} bytes gzipped; the budget is ${budgetGzipBytes}`);
}
const rum = await bundle("src/rum.ts", { format: "iife", target: "es2021" });
const rumGzipBytes = gzipSync(rum, { level: 9 }).length;
if (rumGzipBytes > rumBudgetGzipBytes || /[^\x00-\x7f]/.test(rum)) {
  throw new Error(`the script for users is ${rumGzipBytes} bytes gzipped, or not ASCII`);
}
const output = process.argv[2];
if (output) {
  const users = { bytes: asBytes("RumScript", rum), views: asView("RumScript") };
  const assets = [asAssets("Page", report), asAssets("Live", live), users];
  writeFileSync(
    output,
    '#include "reports/internal/page_assets.h"\n\nnamespace weir::reports {\nnamespace {\n' +
      assets.map((asset) => asset.bytes).join("") +
      "}  // namespace\n\n" +
      assets.map((asset) => asset.views).join("") +
      "}  // namespace weir::reports\n",
  );
}
console.log(`page: script ${script.length} bytes (${gzipBytes} gzipped), style ${style.length}`);
console.log(`script for users: ${rum.length} bytes (${rumGzipBytes} gzipped)`);
