#include "reports/internal/pairs_json.h"

#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

namespace weir::reports {
namespace {

constexpr int kDigits = 5;

// Digits that no reader sees are most of what random numbers cost after deflate.
Json Short(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) {
    return nullptr;
  }
  if (*value == 0) {
    return 0;
  }
  const int surplus = static_cast<int>(std::floor(std::log10(std::abs(*value)))) + 1 - kDigits;
  // Powers of ten are exact only without a sign, so that their quotient is the nearest double.
  const double ten = std::pow(10, std::abs(surplus));
  return surplus < 0 ? std::round(*value * ten) / ten : std::round(*value / ten) * ten;
}

Json MetricToRow(const analysis::ComparedMetric& metric) {
  const auto& interval = metric.interval;
  return Json::array({metric.metric, metric.step, metric.unit, Short(metric.a), Short(metric.b),
                      Short(metric.change), interval ? Short(interval->low) : Json(nullptr),
                      interval ? Short(interval->high) : Json(nullptr), Short(metric.p_adjusted),
                      metric.note});
}

}  // namespace

Json PairsToJson(const std::vector<BuildPair>& pairs) {
  Json json = Json::array();
  for (const BuildPair& pair : pairs) {
    Json metrics = Json::array();
    for (const analysis::ComparedMetric& metric : pair.comparison.metrics) {
      metrics.push_back(MetricToRow(metric));
    }
    json.push_back({{"a_runs", pair.a_runs},
                    {"b_runs", pair.b_runs},
                    {"design", pair.comparison.design},
                    {"summary", pair.comparison.summary},
                    {"warnings", pair.comparison.warnings},
                    {"metrics", std::move(metrics)}});
  }
  return json;
}

}  // namespace weir::reports
