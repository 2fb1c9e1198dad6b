// What `weir analyze forecast` and `usl` print, from results made by hand.

#include <cmath>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "reports/forecast_report.h"
#include "reports/internal/text_layout.h"
#include "reports/usl_report.h"
#include "tests/support/golden.h"

namespace weir::reports {
namespace {

using analysis::Forecast;
using analysis::UslEstimate;
using analysis::UslFit;
using analysis::UslPeak;
using Json = nlohmann::json;
using tests::MatchesGolden;

SeriesTable Latencies() {
  SeriesTable table;
  table.source = "p99.csv";
  Series series{.name = "p99", .unit = "ns", .values = {}, .errors = {}};
  for (int t = 0; t < 96; ++t) {
    series.values.push_back(2e7 + 5e6 * std::sin(t / 24.0 * 6.283185));
  }
  table.series = {series};
  table.warnings = {"2 rows are out of order."};
  return table;
}

Forecast SomeForecast() {
  Forecast forecast;
  for (int h = 0; h < 24; ++h) {
    const double mean = 2e7 + 5e6 * std::sin((96 + h) / 24.0 * 6.283185);
    forecast.mean.push_back(mean);
    forecast.band80.low.push_back(mean - 1e6);
    forecast.band80.high.push_back(mean + 1e6);
    forecast.band95.low.push_back(mean - 2e6);
    forecast.band95.high.push_back(mean + 3e6);
  }
  forecast.models = {{"seasonal smoothing", 0.7, 0.81}, {"theta", 0.295, 1.0}, {"mean", 0.005, 3}};
  analysis::Season declared;
  declared.steps = 24;
  declared.declared = true;
  analysis::Season tried;
  tried.steps = 168;
  tried.gain = 0.04;
  forecast.seasons = {declared, tried};
  forecast.origins = 20;
  forecast.checked = 24;
  forecast.values = 96;
  forecast.proportional = true;
  forecast.warnings = {"The bands look further ahead than a third of the history."};
  analysis::LimitCrossing crossing;
  crossing.limit = 2.6e7;
  crossing.upward = true;
  for (int h = 0; h < 24; ++h) {
    crossing.probability.push_back(h / 40.0);
  }
  forecast.crossing = crossing;
  return forecast;
}

int WidestLine(const std::string& text) {
  int widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    widest = std::max(widest, DisplayWidth(line));
  }
  return widest;
}

TEST(ForecastReportTest, ReadsAsRecorded) {
  const SeriesTable table = Latencies();
  const std::vector<Forecast> forecasts = {SomeForecast()};
  EXPECT_TRUE(MatchesGolden(RenderForecast(table, forecasts, ForecastDetail::kExplained, {}),
                            "reports/forecast_80.txt"));
  EXPECT_TRUE(MatchesGolden(RenderForecast(table, forecasts, ForecastDetail::kResult,
                                           {.width = 120, .charset = Charset::kAscii}),
                            "reports/forecast_120_ascii.txt"));
}

TEST(ForecastReportTest, NoLineIsWiderThanTheTerminal) {
  SeriesTable table = Latencies();
  table.series[0].name = std::string(300, 'n');
  std::vector<Forecast> forecasts = {SomeForecast()};
  forecasts[0].models[0].name = std::string(200, 'm');
  forecasts[0].warnings[0] += std::string(300, 'w');
  for (const int width : {60, 80, 120, 200}) {
    EXPECT_LE(
        WidestLine(RenderForecast(table, forecasts, ForecastDetail::kExplained, {.width = width})),
        width);
  }
}

TEST(ForecastReportTest, JsonOfOneSeriesHasItsBandsInTheLine) {
  const std::vector<Forecast> forecasts = {SomeForecast()};
  const std::string line = ForecastJson(Latencies(), forecasts, ForecastDetail::kResult);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const Json json = Json::parse(line);
  EXPECT_EQ(json["schema"], "weir.analyze/1");
  EXPECT_EQ(json["file"], "p99.csv");
  for (const char* key : {"mean", "lo80", "hi80", "lo95", "hi95"}) {
    EXPECT_EQ(json[key].size(), 24U) << key;
  }
  EXPECT_EQ(json["lo95"][0], forecasts[0].band95.low[0]);
  EXPECT_EQ(json["hi80"][23], forecasts[0].band80.high[23]);
  EXPECT_TRUE(json["seasons"][0]["gain_ratio"].is_null());
  EXPECT_EQ(json["seasons"][0]["gain_ratio_reason"], "a declared season is not tested");
  EXPECT_EQ(json["crossing"]["steps_p10"], 5);
  EXPECT_TRUE(json["crossing"]["steps_p90"].is_null());
  EXPECT_EQ(json["crossing"]["steps_p90_reason"], "beyond the horizon");
  EXPECT_EQ(json["warnings"].size(), 2U);
  EXPECT_FALSE(json.contains("models"));
}

TEST(ForecastReportTest, JsonOfSeveralSeriesKeepsThemApart) {
  SeriesTable table = Latencies();
  table.series.push_back({.name = "rate", .unit = "per_s", .values = {1, 2, 3}, .errors = {}});
  std::vector<Forecast> forecasts = {SomeForecast(), SomeForecast()};
  forecasts[1].crossing.reset();
  forecasts[1].seasons.clear();
  const Json json = Json::parse(ForecastJson(table, forecasts, ForecastDetail::kExplained));
  EXPECT_FALSE(json.contains("mean"));
  EXPECT_EQ(json["series"][1]["name"], "rate");
  EXPECT_FALSE(json["series"][1].contains("crossing"));
  EXPECT_EQ(json["series"][0]["models"][2]["weight"], 0.005);
  EXPECT_EQ(json["series"][0]["warnings"].size(), 1U);
  EXPECT_EQ(json["warnings"].size(), 1U);
}

UslFit Peaked() {
  UslFit fit;
  fit.rate = {90, 70.1, 112};
  fit.contention = {0.0277, 0.0101, 0.0402};
  fit.coherency = {0.000104, 0.00007, 0.00016};
  fit.peak = UslPeak::kMeasured;
  fit.peak_load = UslEstimate{96.5, 80, 120};
  fit.peak_throughput = UslEstimate{1883.9, 1790, 1960};
  fit.knee_load = UslEstimate{20.9, 17, 26.5};
  fit.residual = 0.034;
  return fit;
}

UslFit Unpeaked() {
  UslFit fit = Peaked();
  fit.coherency = {0, 0, 0.0001};
  fit.peak = UslPeak::kNotIdentified;
  fit.peak_load.reset();
  fit.peak_throughput->high.reset();
  fit.warnings = {"the data do not identify a peak"};
  return fit;
}

const std::vector<analysis::LoadPoint> kPoints = {
    {1, 64.9}, {18, 995.9}, {36, 1652.4}, {72, 1853.2}, {108, 1828.9}, {144, 1775}, {216, 1702.2}};

TEST(UslReportTest, ReadsAsRecorded) {
  SeriesTable table;
  table.source = "steps.csv";
  EXPECT_TRUE(MatchesGolden(RenderUsl(table, kPoints, Peaked(), {}), "reports/usl_80.txt"));
  EXPECT_TRUE(MatchesGolden(
      RenderUsl(table, kPoints, Unpeaked(), {.width = 120, .charset = Charset::kAscii}),
      "reports/usl_unpeaked_120_ascii.txt"));
}

TEST(UslReportTest, ExplainsEveryLoadAndThePeak) {
  EXPECT_TRUE(MatchesGolden(ExplainUsl(kPoints, Peaked(), {}), "reports/usl_explained_80.txt"));
  const std::string unpeaked = ExplainUsl(kPoints, Unpeaked(), {});
  EXPECT_NE(unpeaked.find("No peak is named"), std::string::npos) << unpeaked;
}

TEST(UslReportTest, NoLineIsWiderThanTheTerminal) {
  SeriesTable table;
  table.source = std::string(300, 's');
  UslFit fit = Unpeaked();
  fit.warnings[0] += std::string(300, 'w');
  for (const int width : {60, 80, 120, 200}) {
    EXPECT_LE(WidestLine(RenderUsl(table, kPoints, fit, {.width = width})), width);
  }
}

TEST(UslReportTest, WhatTheDataDoNotIdentifyIsNullWithAReason) {
  SeriesTable table;
  table.source = "steps.csv";
  const Json json = Json::parse(UslJson(table, Unpeaked()));
  EXPECT_EQ(json["schema"], "weir.analyze/1");
  EXPECT_EQ(json["peak"], "not_identified");
  EXPECT_TRUE(json["peak_load"]["value"].is_null());
  EXPECT_EQ(json["peak_load"]["value_reason"], "the data do not identify it");
  EXPECT_TRUE(json["peak_throughput"]["high"].is_null());
  EXPECT_EQ(json["peak_throughput"]["value"], 1883.9);
  EXPECT_EQ(json["kappa"]["value"], 0);
  EXPECT_EQ(json["warnings"].size(), 1U);
  EXPECT_EQ(Json::parse(UslJson(table, Peaked()))["peak"], "measured");
}

}  // namespace
}  // namespace weir::reports
