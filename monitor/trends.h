#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "monitor/gate_news.h"
#include "monitor/monitor_report.h"
#include "monitor/rules/rule_engine.h"

/// How values went, what was expected of them and what is foretold: for the charts of people.
namespace weir::monitor {

/// One series of a rule.
struct SeriesTrend {
  AlertInstance alert;
  std::string rule;      ///< Its name.
  std::string in_words;  ///< What the rule asks for.
  std::string engine;    ///< "threshold", "burn_rate", "anomaly", "prediction", "gate".
  std::optional<double> score;
  std::optional<double> probability;        ///< Of what is foretold.
  std::optional<AlertThreshold> threshold;  ///< None: the rule has no level.
  std::vector<TrackPoint> points;           ///< Ascending in time.
  std::optional<ForecastFan> fan;
};

struct Trends {
  /// Series that are told; how many more there are is counted.
  static constexpr std::size_t kSeriesMax = 20;

  WallTime at{};
  std::uint64_t version = 0;  ///< As in the status: another one, and something of this is new.
  std::vector<SeriesTrend> series;
  std::size_t series_left_out = 0;
  std::vector<ServiceReport> services;
  GateNews gates;
};

/// All that is known of one series. `sources`: their names by number.
SeriesTrend TrendOf(const SeriesView& view, const AlertRule& rule,
                    std::span<const std::string_view> sources);

/// Fills in the series that an engine judges (anomaly, predict): those that fire first, then those
/// that are pending, of each the nearest to an alert first. Pure.
void PickSeries(const RuleEngine& engine, std::span<const std::string_view> sources,
                Trends& trends);

/// `weir.monitor_trends/1`: docs/monitoring.md has its fields.
std::string TrendsJson(const Trends& trends);

}  // namespace weir::monitor
