#include "reports/html_report.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "reports/internal/packed.h"
#include "reports/internal/page_assets.h"
#include "reports/internal/page_data.h"
#include "reports/internal/seconds_json.h"
#include "reports/internal/spectrum.h"
#include "reports/internal/use_json.h"
#include "tests/reports/synthetic_runs.h"
#include "tests/reports/unpacked.h"

namespace weir::reports {
namespace {

std::string Between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t begin = text.find(from);
  if (begin == std::string::npos) {
    return {};
  }
  const std::size_t at = begin + from.size();
  return text.substr(at, text.find(to, at) - at);
}

std::size_t Occurrences(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

TEST(PackedTest, EveryLengthComesBack) {
  for (std::size_t length = 0; length < 40; ++length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) {
      text += static_cast<char>(i * 37 + length);
    }
    const std::string packed = Packed(text);
    EXPECT_EQ(packed.size() % 4, 0U);
    EXPECT_EQ(Unpacked(packed), text);
  }
}

TEST(PageDataTest, RunsWithoutAPageHaveARow) {
  ReportData data;
  const RunPage with = SyntheticRun({.id = 2, .seconds = 5, .rate_per_s = 20});
  weir::Run without = SyntheticRun({.id = 1, .seconds = 5, .rate_per_s = 20, .timeouts = 0.5}).run;
  without.validity.emplace().grade = Grade::kSuspect;
  data.Add(with);
  data.rows.push_back(RunRowOf(without));
  const Json json = PageData(data, PageKind::kReport);
  ASSERT_EQ(json["pages"].size(), 1U);
  EXPECT_EQ(json["pages"][0]["run"], 2);
  EXPECT_EQ(json["pages"][0]["seconds"]["planned"].size(), 5U);
  const Json& rows = json["rows"];
  EXPECT_EQ(rows["run"], Json({1, 1}));
  EXPECT_EQ(rows["start"][1], 10 * 60 * 1000);
  EXPECT_EQ(rows["texts"][rows["scenario"][0].get<std::size_t>()], "checkout");
  EXPECT_EQ(rows["texts"][rows["validity"][0].get<std::size_t>()], "suspect");
  EXPECT_EQ(rows["texts"][rows["validity"][1].get<std::size_t>()], "");
  EXPECT_EQ(rows["planned"], Json({80, 80}));
  EXPECT_EQ(rows["p999"], Json({nullptr, nullptr}));
  // Half of the requests are cut off at 250 ms, so from p50 on it may have been more.
  EXPECT_EQ(rows["p50"][1], json["pages"][0]["latency_ns"]["response"]["p50"]);
  EXPECT_EQ(rows["bounds"][1], 0);
  EXPECT_NE(rows["bounds"][0], 0);
  EXPECT_EQ(rows["passed"][1], 2);
  EXPECT_EQ(rows["unknown"][1], 1);
}

TEST(RunRowTest, HasTheNumbersOfTheRunsOwnPage) {
  for (const RunPage& page : SyntheticReport().pages) {
    const Json json = RunToJson(page.run);
    const RunRow row = RunRowOf(page.run);
    EXPECT_EQ(Json(row.planned), json["requests"]["planned"]);
    EXPECT_EQ(Json(row.completed), json["requests"]["completed"]);
    EXPECT_EQ(Json(*row.rate_per_s), json["rate_per_s"]["achieved"]);
    const Json& response = json["latency_ns"]["response"];
    for (std::size_t i = 0; i < kRowColumns.size(); ++i) {
      const std::string key(kRowColumns[i].key);
      const std::optional<double>& value = row.response[i].value_ns;
      EXPECT_EQ(value ? Json(*value) : Json(nullptr), response[key]) << row.run << ' ' << key;
      const Json& bounds = response["lower_bounds"];
      EXPECT_EQ(row.response[i].lower_bound,
                std::find(bounds.begin(), bounds.end(), key) != bounds.end());
    }
  }
}

TEST(HtmlReportTest, ForbidsEveryRequest) {
  const std::string html = HtmlReport(SyntheticReport());
  const std::string policy = Between(html, "Content-Security-Policy\" content=\"", "\"");
  EXPECT_EQ(policy.rfind("default-src 'none'; script-src 'sha256-", 0), 0U);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_NE(policy.find(std::string(kPageScriptSha256)), std::string::npos);
  EXPECT_EQ(html.find(" src="), std::string::npos);
  EXPECT_EQ(html.find("<link"), std::string::npos);
  EXPECT_EQ(html.find("url("), std::string::npos);
  EXPECT_EQ(html.find("@import"), std::string::npos);
}

TEST(HtmlReportTest, HostileNamesAddNoElement) {
  const std::string html = HtmlReport(HostileReport());
  EXPECT_EQ(Occurrences(html, "<script"), 2U);
  EXPECT_EQ(Occurrences(html, "</script>"), 2U);
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_EQ(html.find('\0'), std::string::npos);
  EXPECT_EQ(DataOf(html)["pages"][0]["scenario"], "<script>alert(1)</script>");
}

ReportData OnlyRun(ReportData data, std::size_t index) {
  ReportData one;
  one.title = data.title;
  one.rows = {data.rows[index]};
  one.pages = {std::move(data.pages[index])};
  return one;
}

TEST(HtmlRunPageTest, LoadsTheSharedAssetsAndNothingElse) {
  std::string hashed;
  const std::string html =
      HtmlRunPage(OnlyRun(SyntheticReport(), 0), [&hashed](std::string_view text) {
        hashed = text;
        return "0123abcd";
      });
  EXPECT_EQ(Between(html, "Content-Security-Policy\" content=\"", "\""),
            "default-src 'none'; script-src 'nonce-0123abcd'; style-src 'nonce-0123abcd'; img-src "
            "data:; base-uri 'none'; form-action 'none'");
  EXPECT_EQ(hashed, Between(html, "id=\"data\">", "</script>"));
  const std::string assets = "\"../" + SharedAssets().name;
  EXPECT_EQ(Occurrences(html, " src="), 1U);
  EXPECT_NE(html.find("<script src=" + assets + ".js\" nonce=\"0123abcd\">"), std::string::npos);
  EXPECT_EQ(Occurrences(html, "<link"), 1U);
  EXPECT_NE(html.find("href=" + assets + ".css\" nonce=\"0123abcd\">"), std::string::npos);
  EXPECT_EQ(DataOf(html)["home"], "../index.html");
  EXPECT_LT(html.size(), 10'000U);
}

TEST(HtmlRunPageTest, HostileNamesAddNoElement) {
  for (std::size_t i = 0; i < 6; ++i) {
    const std::string html =
        HtmlRunPage(OnlyRun(HostileReport(), i), [](std::string_view) { return "0123abcd"; });
    EXPECT_EQ(Occurrences(html, "<script"), 2U);
    EXPECT_EQ(html.find("<img"), std::string::npos);
  }
}

TEST(SharedAssetsTest, AreNamedByTheirContents) {
  const PageAssets assets = SharedAssets();
  EXPECT_EQ(assets.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-"),
            std::string::npos);
  EXPECT_EQ(assets.name.size(), std::string("weir-").size() + 16);
  EXPECT_EQ(assets.script, kPageScript);
}

TEST(UseTest, WhatOnlyCountsUpBecomesARate) {
  const std::vector<ResourceSample> resources = {
      {.second = 0, .cpu_s = 1, .rss_bytes = 10, .in_flight = 3, .connections = 2},
      {.second = 2, .cpu_s = 2, .rss_bytes = 30, .in_flight = 0, .connections = 2}};
  const Json use = UseToJson(resources, {});
  ASSERT_EQ(use.size(), 4U);
  // One second of processor time in two seconds.
  EXPECT_EQ(use[0], Json({{"name", "processor"},
                          {"of", "generator"},
                          {"unit", "processors"},
                          {"second", {2}},
                          {"values", {0.5}}}));
  EXPECT_EQ(use[1]["values"], Json({10.0, 30.0}));
  EXPECT_EQ(use[2]["values"], Json({3.0, 0.0}));
}

TEST(UseTest, ACounterThatWasResetSaysNothingThere) {
  std::vector<TargetSample> samples;
  for (const auto& [second, value] : {std::pair(1U, 10.0), {2U, 14.0}, {3U, 1.0}, {4U, 3.0}}) {
    samples.push_back({.second = second, .values = {{"requests_total", value}}});
  }
  const Json use = UseToJson({}, samples);
  ASSERT_EQ(use.size(), 1U);
  EXPECT_EQ(use[0]["of"], "target");
  EXPECT_EQ(use[0]["unit"], "per_s");
  EXPECT_EQ(use[0]["second"], Json({2, 4}));
  EXPECT_EQ(use[0]["values"], Json({4.0, 2.0}));
}

TEST(UseTest, LongRunsAreThinned) {
  std::vector<ResourceSample> samples(4 * kUsePointsMax);
  for (std::uint32_t i = 0; i < samples.size(); ++i) {
    samples[i].second = i;
  }
  EXPECT_EQ(UseToJson(samples, {})[1]["values"].size(), kUsePointsMax);
}

TEST(PageDataTest, DeploymentsComeInOrderOfTimeAndForecastsWithTheirBands) {
  const Json json = PageData(SyntheticReport(), PageKind::kReport);
  ASSERT_EQ(json["deploys"].size(), 2U);
  EXPECT_EQ(json["deploys"][0]["build"], "b1");
  EXPECT_EQ(json["deploys"][1]["phase"], "Succeeded");
  ASSERT_EQ(json["forecasts"].size(), 1U);
  EXPECT_EQ(json["forecasts"][0]["after"], 10);
  EXPECT_EQ(json["forecasts"][0]["hi95"], Json({1.17e7, 1.21e7, 1.25e7}));
}

TEST(HtmlReportTest, NamesTheBuildThatMovedAMetric) {
  const std::string html = HtmlReport(SyntheticReport());
  const auto data = DataOf(html);
  EXPECT_EQ(data["changes"]["changepoints"][0]["suspects"], nlohmann::json({"b1", "b2"}));
  const std::string tables = Between(html, "<noscript>", "</noscript>");
  EXPECT_NE(tables.find("<h2>Change points</h2>"), std::string::npos);
  EXPECT_NE(tables.find("began with one of runs 3 to 4, builds b1, b2"), std::string::npos);
}

TEST(HtmlReportTest, HasTablesForBrowsersWithoutScript) {
  const std::string html = HtmlReport(SyntheticReport());
  const std::string tables = Between(html, "<noscript>", "</noscript>");
  EXPECT_NE(tables.find("fail: <bdi>build:b2</bdi> against <bdi>build:b1</bdi>"),
            std::string::npos);
  EXPECT_EQ(Occurrences(tables, "<tr><td>"), 16U + 4U + 1U + 2U);
}

TEST(HtmlReportTest, StaysSmall) {
  const ReportData data = SyntheticReport();
  const std::string html = HtmlReport(data);
  const std::size_t page = kPageScript.size() + kPageStyle.size();
  EXPECT_LT(page, 140'000U);
  EXPECT_LT((html.size() - page) / data.pages.size(), 5'000U);
}

TEST(PageDataTest, SortsRunsByStartAndMergesBuilds) {
  ReportData data = SyntheticReport();
  std::swap(data.pages[0], data.pages[9]);
  const Json json = PageData(data, PageKind::kReport);
  EXPECT_EQ(json["pages"][0]["run"], 1);
  ASSERT_EQ(json["builds"].size(), 2U);
  EXPECT_EQ(json["builds"][0]["build"], "b1");
  EXPECT_EQ(json["builds"][0]["requests"]["planned"], 5 * 24 * 400);
}

TEST(PageDataTest, DrawsSecondsInWhichNothingHappened) {
  ReportData data;
  data.Add(SyntheticRun({.seconds = 10}));
  std::vector<SecondPoint>& seconds = data.pages[0].seconds;
  seconds.erase(seconds.begin() + 5);
  const Json json = PageData(data, PageKind::kReport)["pages"][0]["seconds"];
  ASSERT_EQ(json["p50"].size(), 10U);
  EXPECT_TRUE(json["p50"][5].is_null());
  EXPECT_EQ(json["completed"][5], 0);
  EXPECT_EQ(json["measured_from"], 2);
}

TEST(PageDataTest, FoldsLongRunsWithoutLosingARequest) {
  ReportData data;
  RunPage page = SyntheticRun({.seconds = 5});
  page.seconds.clear();
  for (std::uint32_t second = 0; second < 4'000; ++second) {
    SecondPoint point;
    point.second = second;
    point.counts.planned = 3;
    page.seconds.push_back(std::move(point));
  }
  data.Add(std::move(page));
  const Json json = PageData(data, PageKind::kReport)["pages"][0]["seconds"];
  EXPECT_LE(json["planned"].size(), 1800U);
  std::uint64_t planned = 0;
  for (const Json& value : json["planned"]) {
    planned += value.get<std::uint64_t>();
  }
  EXPECT_EQ(planned, 12'000U);
}

// Decoded as the page does it: the requests of each column, and the bounds of its rows.
TEST(HeatmapTest, KeepsEveryRequestInItsRow) {
  std::vector<SecondPoint> seconds(2);
  seconds[0].second = 0;
  seconds[0].response.RecordNs(100, 2);
  seconds[0].response.RecordNs(5'000'000, 3);
  seconds[1].second = 2;
  seconds[1].response.RecordNs(Histogram::kHighestNs, 1);
  const Json json = HeatmapToJson(seconds);
  // 100 ns: row 1 of 64 ns. 5 ms = 1220 << 12: row 16 * 12 + 1220 / 64 = 211.
  // 1 h = 1676 << 31: row 16 * 31 + 1676 / 64 = 522.
  EXPECT_EQ(json["width_s"], 1);
  EXPECT_EQ(json["cells"], Json({2, 1, 2, 210, 3, 0, 1, 522, 1}));
}

TEST(HeatmapTest, LongRunsHaveNoMoreColumnsThanAChartHasRoomFor) {
  std::vector<SecondPoint> seconds(3600);
  for (std::uint32_t i = 0; i < seconds.size(); ++i) {
    seconds[i].second = i;
    seconds[i].response.RecordNs(1000, 1);
  }
  const Json json = HeatmapToJson(seconds);
  EXPECT_EQ(json["width_s"], 12);
  ASSERT_EQ(json["cells"].size(), 900U);
  EXPECT_EQ(json["cells"][0], 1);
  EXPECT_EQ(json["cells"][2], 12);
}

TEST(HeatmapTest, ARunWithoutSecondsHasNoCells) {
  EXPECT_TRUE(HeatmapToJson({})["cells"].empty());
}

TEST(PageDataTest, ASecondFarInTheFutureCostsNoMemory) {
  ReportData data;
  RunPage page = SyntheticRun({.seconds = 5});
  page.seconds.back().second = 4'294'967'295;
  data.Add(std::move(page));
  EXPECT_LE(PageData(data, PageKind::kReport)["pages"][0]["seconds"]["planned"].size(), 1801U);
}

TEST(SpectrumTest, PointsAreTheHistogramsOwnQuantiles) {
  const LatencyView view =
      MergedLatency(SyntheticRun({}).run.Total(Phase::kMeasure), LatencyKind::kResponse);
  const Spectrum spectrum = SpectrumOf(view.histogram);
  ASSERT_EQ(spectrum.values_ns.size(), kSpectrumPoints);
  for (std::size_t i = 0; i < kSpectrumPoints; ++i) {
    EXPECT_EQ(spectrum.values_ns[i], view.histogram.QuantileNs(SpectrumQuantile(spectrum.count, i)))
        << i;
  }
}

TEST(SpectrumTest, FewValuesMakeShortCurves) {
  Histogram histogram;
  EXPECT_TRUE(SpectrumOf(histogram).values_ns.empty());
  histogram.RecordNs(5, 1);
  EXPECT_EQ(SpectrumOf(histogram).values_ns, std::vector<std::uint64_t>{5});
  histogram.RecordNs(7, 1);
  EXPECT_EQ(SpectrumOf(histogram).values_ns.back(), 7U);
}

}  // namespace
}  // namespace weir::reports
