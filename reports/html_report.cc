#include "reports/html_report.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "reports/internal/history_changes.h"
#include "reports/internal/json.h"
#include "reports/internal/markup.h"
#include "reports/internal/number_text.h"
#include "reports/internal/packed.h"
#include "reports/internal/page_assets.h"
#include "reports/internal/page_data.h"

namespace weir::reports {
namespace {

constexpr std::size_t kTextBytesMax = 300;

/// Lines of the table for browsers without script.
constexpr std::size_t kStaticRunsMax = 200;

/// Of the hashes of script and style, in the name of their files.
constexpr std::size_t kAssetNameLetters = 8;

std::string Escaped(std::string_view text) {
  return InMarkup(text, kTextBytesMax);
}

std::string Name(std::string_view text) {
  return "<bdi>" + Escaped(text) + "</bdi>";
}

// Everything that could fetch, submit or run is refused; what the page needs is named by its hash.
std::string SecurityPolicy() {
  if (kPageScript.empty()) {
    return "default-src 'none'; base-uri 'none'; form-action 'none'";
  }
  return fmt::format(
      "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; "
      "base-uri 'none'; form-action 'none'",
      kPageScriptSha256, kPageStyleSha256);
}

std::string StaticVerdicts(const ReportData& data) {
  std::string out;
  for (const GateResult& verdict : data.verdicts) {
    out += fmt::format(
        "<h2>{}: {} against {}</h2><p>{}</p><table><tr><th>metric<th>step<th>baseline"
        "<th>candidate<th>change<th>interval<th>verdict</tr>",
        VerdictName(verdict.verdict), Name(verdict.candidate), Name(verdict.baseline),
        Escaped(verdict.reason));
    for (const GateCheck& check : verdict.checks) {
      out +=
          fmt::format("<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}</tr>", Escaped(check.metric),
                      Name(check.step), ValueInWords(check.baseline, check.unit, Charset::kUnicode),
                      ValueInWords(check.candidate, check.unit, Charset::kUnicode),
                      ChangeInWords(check.change_ratio, check.unit),
                      IntervalInWords(check.interval, check.unit, Charset::kUnicode),
                      VerdictName(check.verdict));
    }
    out += "</table>";
  }
  return out;
}

std::string LatencyInWords(const RunRow::Latency& latency) {
  return (latency.lower_bound ? "\u2265\u202f" : "") +
         ValueInWords(latency.value_ns, "ns", Charset::kUnicode);
}

std::string StaticRuns(const ReportData& data) {
  if (data.rows.empty()) {
    return "<p>No runs.</p>";
  }
  std::vector<const RunRow*> rows;
  for (const RunRow& row : data.rows) {
    rows.push_back(&row);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const RunRow* a, const RunRow* b) {
    return std::pair(a->started_at, a->run) > std::pair(b->started_at, b->run);
  });
  std::string out =
      "<h2>Runs</h2><table><tr><th>run<th>started<th>scenario<th>build<th>requests<th>rate<th>p50"
      "<th>p99<th>errors<th>state</tr>";
  for (std::size_t i = 0; i < std::min(rows.size(), kStaticRunsMax); ++i) {
    const RunRow& row = *rows[i];
    const RequestCounts counts = {.planned = row.planned, .by_outcome = {row.completed}};
    out += fmt::format("<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}</tr>",
                       row.run, FormatWallTime(row.started_at), Name(row.scenario), Name(row.build),
                       FormatCount(row.planned),
                       ValueInWords(row.rate_per_s, "per_s", Charset::kUnicode),
                       LatencyInWords(row.response[kRowP50]), LatencyInWords(row.response[kRowP99]),
                       ValueInWords(counts.ErrorRatio(), "ratio", Charset::kUnicode),
                       row.in_progress ? "running" : RunStateName(row.state));
  }
  out += "</table>";
  if (rows.size() > kStaticRunsMax) {
    out += fmt::format("<p>The newest {} of {} runs.</p>", kStaticRunsMax, rows.size());
  }
  return out;
}

std::string StaticChanges(const ReportData& data) {
  if (data.changes.changes.empty()) {
    return "";
  }
  std::string out =
      "<h2>Change points</h2><table><tr><th>run<th>build<th>what moved<th>how sure<th>triage</tr>";
  for (std::size_t i = 0; i < data.changes.changes.size(); ++i) {
    const analysis::HistoryChange& change = data.changes.changes[i];
    const bool said = i < data.triage.size() && data.triage[i];
    out += fmt::format("<tr><td>{}<td>{}<td>{}<td>{}<td>{}</tr>", change.run, Name(change.build),
                       Name(WhatMoved(change, Charset::kUnicode)), Name(WhoMovedIt(change)),
                       said             ? Escaped(data.triage[i]->state)
                       : change.Worse() ? "new"
                                        : "");
  }
  return out + "</table>";
}

// The report for browsers that run no script; the whole report when no page is compiled in.
std::string StaticReport(const ReportData& data) {
  return fmt::format("<main class=\"static\"><h1>{}</h1><p>weir report, {}</p>{}{}{}</main>",
                     Escaped(data.title), FormatWallTime(data.generated_at), StaticVerdicts(data),
                     StaticChanges(data), StaticRuns(data));
}

std::string Head(const ReportData& data, std::string_view policy, std::string_view style) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" "
      "content=\"no-referrer\"><title>{}</title>\n{}</head>\n",
      policy, Escaped(data.title), style);
}

std::string Body(const ReportData& data, std::string_view packed) {
  return fmt::format(
      "<body><div id=\"app\"></div>\n<noscript>{}</noscript>\n"
      "<script type=\"text/plain\" id=\"data\">{}</script>\n",
      StaticReport(data), packed);
}

}  // namespace

void ReportData::Add(RunPage page) {
  rows.push_back(RunRowOf(page.run));
  pages.push_back(std::move(page));
}

std::string HtmlReport(const ReportData& data) {
  std::string html = Head(data, SecurityPolicy(), fmt::format("<style>{}</style>", kPageStyle));
  if (kPageScript.empty()) {
    return html + "<body>" + StaticReport(data) + "</body></html>\n";
  }
  html += Body(data, Packed(JsonText(PageData(data, PageKind::kReport), JsonLayout::kCompact)));
  return html + fmt::format("<script>{}</script></body></html>\n", kPageScript);
}

PageAssets SharedAssets() {
  std::string name = "weir-";
  for (const char letter : kPageScriptSha256.substr(0, kAssetNameLetters)) {
    name += std::isalnum(static_cast<unsigned char>(letter)) != 0 ? letter : '_';
  }
  for (const char letter : kPageStyleSha256.substr(0, kAssetNameLetters)) {
    name += std::isalnum(static_cast<unsigned char>(letter)) != 0 ? letter : '_';
  }
  return {std::move(name), kPageScript, kPageStyle};
}

std::string HtmlRunPage(const ReportData& data, const HashText& sha256) {
  WEIR_CHECK(data.pages.size() == 1);
  const std::string packed = Packed(JsonText(PageData(data, PageKind::kRun), JsonLayout::kCompact));
  const std::string nonce = sha256(packed);
  const std::string assets = "../" + SharedAssets().name;
  const std::string policy = fmt::format(
      "default-src 'none'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; img-src data:; "
      "base-uri 'none'; form-action 'none'",
      nonce);
  return Head(
             data, policy,
             fmt::format("<link rel=\"stylesheet\" href=\"{}.css\" nonce=\"{}\">", assets, nonce)) +
         Body(data, packed) +
         fmt::format("<script src=\"{}.js\" nonce=\"{}\"></script></body></html>\n", assets, nonce);
}

}  // namespace weir::reports
