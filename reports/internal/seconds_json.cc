#include "reports/internal/seconds_json.h"

#include <algorithm>
#include <utility>

namespace weir::reports {
namespace {

/// Longer runs are folded into points of several seconds.
constexpr std::uint32_t kPointsMax = 1800;

/// As many as a chart has room for.
constexpr std::uint32_t kColumnsMax = 300;

/// 2^6 of the 1024 buckets of an octave make a row.
constexpr int kRowBits = 6;

/// A quantile of a second is drawn only if at least this many values lie beyond it.
constexpr double kBeyondMin = 1;

using Points = std::vector<const SecondPoint*>;

Points InOrder(const std::vector<SecondPoint>& seconds) {
  Points points;
  for (const SecondPoint& point : seconds) {
    points.push_back(&point);
  }
  std::stable_sort(points.begin(), points.end(), [](const SecondPoint* a, const SecondPoint* b) {
    return a->second < b->second;
  });
  return points;
}

std::uint32_t FoldWidth(const Points& points, std::uint32_t columns_max) {
  return points.back()->second / columns_max + 1;
}

// Calls visit(sum) for every `width` seconds, also for those without a point. `sum.phase` is
// kMeasure if any of them was measured: warm-up and measured part of one second are one point.
template <typename Visitor>
void Fold(const Points& points, std::uint32_t width, Visitor visit) {
  std::size_t next = 0;
  SecondPoint sum;
  for (std::uint32_t i = 0; i <= points.back()->second / width; ++i) {
    sum.counts = {};
    sum.response.Clear();
    sum.phase = Phase::kWarmUp;
    for (; next < points.size() && points[next]->second / width == i; ++next) {
      sum.counts += points[next]->counts;
      sum.response.Merge(points[next]->response);
      sum.phase = points[next]->phase == Phase::kMeasure ? Phase::kMeasure : sum.phase;
    }
    visit(sum);
  }
}

Json SecondQuantile(const Histogram& histogram, double q) {
  if (histogram.empty() || static_cast<double>(histogram.count()) * (1 - q) < kBeyondMin) {
    return nullptr;
  }
  return histogram.QuantileNs(q);
}

void AppendPoint(Json& json, const SecondPoint& point) {
  const Histogram& response = point.response;
  const RequestCounts& counts = point.counts;
  json["p50"].push_back(SecondQuantile(response, 0.5));
  json["p99"].push_back(SecondQuantile(response, 0.99));
  json["max"].push_back(response.empty() ? Json(nullptr) : Json(response.max_ns()));
  json["planned"].push_back(counts.planned);
  json["completed"].push_back(counts.of(Outcome::kCompleted));
  std::uint64_t errors = 0;
  for (std::size_t i = 1; i < kOutcomeCount; ++i) {
    errors += counts.by_outcome[i];
  }
  json["errors"].push_back(errors);
}

void AppendColumn(Json& cells, const Histogram& histogram) {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> rows;
  histogram.ForEachBucket([&rows](const Histogram::Bucket& bucket) {
    const std::uint32_t row = Histogram::IndexOf(bucket.lowest_ns) >> kRowBits;
    if (rows.empty() || rows.back().first != row) {
      rows.emplace_back(row, 0);
    }
    rows.back().second += bucket.count;
  });
  cells.push_back(rows.size());
  std::uint32_t before = 0;
  for (const auto& [row, count] : rows) {
    cells.push_back(row - before);
    cells.push_back(count);
    before = row;
  }
}

}  // namespace

Json SecondsToJson(const std::vector<SecondPoint>& seconds) {
  Json json = {{"width_s", 1}, {"measured_from", nullptr}};
  for (const char* key : {"p50", "p99", "max", "planned", "completed", "errors"}) {
    json[key] = Json::array();
  }
  if (seconds.empty()) {
    return json;
  }
  const Points points = InOrder(seconds);
  const std::uint32_t width = FoldWidth(points, kPointsMax);
  json["width_s"] = width;
  Fold(points, width, [&json](const SecondPoint& sum) {
    if (json["measured_from"].is_null() && sum.phase == Phase::kMeasure) {
      json["measured_from"] = json["planned"].size();
    }
    AppendPoint(json, sum);
  });
  return json;
}

Json HeatmapToJson(const std::vector<SecondPoint>& seconds) {
  Json json = {{"width_s", 1}, {"cells", Json::array()}};
  if (seconds.empty()) {
    return json;
  }
  const Points points = InOrder(seconds);
  const std::uint32_t width = FoldWidth(points, kColumnsMax);
  json["width_s"] = width;
  Json& cells = json["cells"];
  Fold(points, width, [&cells](const SecondPoint& sum) { AppendColumn(cells, sum.response); });
  return json;
}

}  // namespace weir::reports
