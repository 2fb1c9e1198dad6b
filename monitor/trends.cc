#include "monitor/trends.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/text.h"
#include "monitor/channels/alert_notice.h"
#include "monitor/rules/rule_words.h"
#include "monitor/state_codec.h"

namespace weir::monitor {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTextMax = 300;

// In the order of RuleEngineSpec.
constexpr std::array<std::string_view, std::variant_size_v<RuleEngineSpec>> kEngineNames = {
    "threshold", "burn_rate", "anomaly", "prediction", "gate"};

std::int64_t Millis(WallTime at) {
  return CountNs(at) / 1'000'000;
}

// Six digits are more than a chart shows; all of a double would double the length.
Json JsonOf(double value) {
  if (!std::isfinite(value)) {
    return {};
  }
  const double scale = value == 0 ? 1 : std::pow(10, 5 - std::floor(std::log10(std::abs(value))));
  const double rounded = std::round(value * scale) / scale;
  return std::isfinite(rounded) ? rounded : value;
}

Json JsonOf(const std::optional<double>& value) {
  return value ? JsonOf(*value) : Json();
}

Json JsonOf(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) {
    list.push_back(JsonOf(value));
  }
  return list;
}

std::string_view SideName(BadSide side) {
  switch (side) {
    case BadSide::kAbove:
      return "above";
    case BadSide::kAtLeast:
      return "at_least";
    case BadSide::kBelow:
      return "below";
    case BadSide::kAtMost:
      return "at_most";
  }
  WEIR_CHECK(false);
}

Json JsonOf(const std::optional<AlertThreshold>& threshold) {
  if (!threshold) {
    return {};
  }
  return {{"side", SideName(threshold->side)},
          {"level", JsonOf(threshold->level)},
          {"clear_level", JsonOf(threshold->clear_level)}};
}

Json JsonOf(const std::optional<ForecastFan>& fan) {
  if (!fan) {
    return {};
  }
  return {{"from_ms", Millis(fan->from)},      {"every_s", Seconds(fan->every)},
          {"expected", JsonOf(fan->expected)}, {"low80", JsonOf(fan->low80)},
          {"high80", JsonOf(fan->high80)},     {"low95", JsonOf(fan->low95)},
          {"high95", JsonOf(fan->high95)}};
}

// As columns.
Json JsonOf(const std::vector<TrackPoint>& points) {
  Json at = Json::array();
  Json value = Json::array();
  Json low = Json::array();
  Json high = Json::array();
  for (const TrackPoint& point : points) {
    at.push_back(Millis(point.at));
    value.push_back(JsonOf(point.value));
    low.push_back(point.expected ? JsonOf(point.expected->low) : Json());
    high.push_back(point.expected ? JsonOf(point.expected->high) : Json());
  }
  return {{"at_ms", std::move(at)},
          {"value", std::move(value)},
          {"low", std::move(low)},
          {"high", std::move(high)}};
}

Json JsonOf(const SeriesTrend& series) {
  return {{"id", AlertKey(series.alert.labels)},
          {"rule", series.rule},
          {"engine", series.engine},
          {"in_words", series.in_words},
          {"labels", Json(series.alert.labels)},
          {"phase", AlertPhaseName(series.alert.state.phase)},
          {"score", JsonOf(series.score)},
          {"probability", JsonOf(series.probability)},
          {"limit", JsonOf(series.threshold)},
          {"points", JsonOf(series.points)},
          {"forecast", JsonOf(series.fan)}};
}

Json JsonOf(const ServiceReport& service) {
  Json columns = {{"at_ms", Json::array()},
                  {"p50_s", Json::array()},
                  {"p90_s", Json::array()},
                  {"rate_per_s", Json::array()},
                  {"error_ratio", Json::array()}};
  for (const ServiceFigures& look : service.trend) {
    columns["at_ms"].push_back(Millis(look.at));
    columns["p50_s"].push_back(JsonOf(look.p50_s));
    columns["p90_s"].push_back(JsonOf(look.p90_s));
    columns["rate_per_s"].push_back(JsonOf(look.rate_per_s));
    columns["error_ratio"].push_back(JsonOf(look.error_ratio));
  }
  return {{"source", service.source},
          {"kind", SourceKindName(service.kind)},
          {"stale", service.stale},
          {"points", std::move(columns)}};
}

// The oldest value that is told.
WallTime BeginOf(const Trends& trends) {
  WallTime begin = trends.at;
  for (const SeriesTrend& series : trends.series) {
    begin = series.points.empty() ? begin : std::min(begin, series.points.front().at);
  }
  for (const ServiceReport& service : trends.services) {
    begin = service.trend.empty() ? begin : std::min(begin, service.trend.front().at);
  }
  return begin;
}

Json MarksJson(const GateNews& gates, WallTime begin) {
  std::vector<std::pair<WallTime, Json>> marks;
  for (const GateVerdict& verdict : gates.verdicts) {
    marks.emplace_back(verdict.at, Json{{"at_ms", Millis(verdict.at)},
                                        {"kind", "verdict"},
                                        {"state", VerdictName(verdict.verdict)},
                                        {"service", Printable(verdict.subject, kTextMax)},
                                        {"build", Printable(verdict.candidate, kTextMax)}});
  }
  for (const store::Deployment& deployment : gates.deployments) {
    marks.emplace_back(deployment.at, Json{{"at_ms", Millis(deployment.at)},
                                           {"kind", "deployment"},
                                           {"state", Printable(deployment.phase, kTextMax)},
                                           {"service", Printable(deployment.service, kTextMax)},
                                           {"build", Printable(deployment.build, kTextMax)}});
  }
  std::stable_sort(marks.begin(), marks.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Json list = Json::array();
  for (auto& [at, mark] : marks) {
    if (at >= begin) {
      list.push_back(std::move(mark));
    }
  }
  return list;
}

int Urgency(AlertPhase phase) {
  switch (phase) {
    case AlertPhase::kFiring:
      return 2;
    case AlertPhase::kPending:
      return 1;
    case AlertPhase::kInactive:
      return 0;
  }
  WEIR_CHECK(false);
}

std::pair<int, double> InterestOf(const SeriesView& view) {
  return {Urgency(view.alert.state.phase), view.judge->score().value_or(-1)};
}

}  // namespace

SeriesTrend TrendOf(const SeriesView& view, const AlertRule& rule,
                    std::span<const std::string_view> sources) {
  SeriesTrend trend;
  trend.alert = view.alert;
  trend.rule = rule.name;
  trend.in_words = DescribeRule(rule, sources);
  trend.engine = kEngineNames[rule.engine.index()];
  const bool has_level = std::holds_alternative<std::monostate>(rule.engine) ||
                         std::holds_alternative<PredictSpec>(rule.engine);
  if (has_level) {
    trend.threshold = rule.threshold;
  }
  if (view.judge != nullptr) {
    trend.score = view.judge->score();
    trend.probability = view.judge->probability();
    const ForecastFan* fan = view.judge->fan();
    trend.fan = fan == nullptr ? std::nullopt : std::optional(*fan);
  }
  if (view.track != nullptr) {
    trend.points.assign(view.track->points().begin(), view.track->points().end());
  }
  return trend;
}

void PickSeries(const RuleEngine& engine, std::span<const std::string_view> sources,
                Trends& trends) {
  std::vector<SeriesView> found;
  engine.VisitSeries([&](const SeriesView& view) {
    const RuleEngineSpec& spec = engine.rules()[view.alert.rule].engine;
    if (view.track != nullptr && view.judge != nullptr &&
        (std::holds_alternative<AnomalySpec>(spec) || std::holds_alternative<PredictSpec>(spec))) {
      found.push_back(view);
    }
  });
  std::vector<const SeriesView*> order;
  for (const SeriesView& view : found) {
    order.push_back(&view);
  }
  std::stable_sort(order.begin(), order.end(), [](const SeriesView* a, const SeriesView* b) {
    return InterestOf(*a) > InterestOf(*b);
  });
  const std::size_t told = std::min(order.size(), Trends::kSeriesMax);
  for (std::size_t i = 0; i < told; ++i) {
    const SeriesView& view = *order[i];
    trends.series.push_back(TrendOf(view, engine.rules()[view.alert.rule], sources));
  }
  trends.series_left_out = found.size() - told;
}

std::string TrendsJson(const Trends& trends) {
  Json series = Json::array();
  for (const SeriesTrend& each : trends.series) {
    series.push_back(JsonOf(each));
  }
  Json services = Json::array();
  for (const ServiceReport& each : trends.services) {
    services.push_back(JsonOf(each));
  }
  const Json json = {{"schema", "weir.monitor_trends/1"},
                     {"at", FormatMillis(trends.at)},
                     {"version", trends.version},
                     {"series", std::move(series)},
                     {"series_left_out", trends.series_left_out},
                     {"services", std::move(services)},
                     {"marks", MarksJson(trends.gates, BeginOf(trends))}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weir::monitor
