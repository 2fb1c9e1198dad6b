#include "analysis/changepoint.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/core.h>

#include "analysis/history_part.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

/// Two segments around an excursion are alike when they differ by less than this share of it.
constexpr double kUndoneShare = 0.25;

/// Change points in the last quarter of a part are left to the next one, which sees what follows.
constexpr std::size_t kSettledRuns = kHistoryPartRuns / 4 * 3;
constexpr std::size_t kOverlapFrom = kHistoryPartRuns / 2;

void CheckOptions(const ChangePointOptions& options) {
  WEIR_CHECK(options.confidence >= 0.5 && options.confidence < 1);
  WEIR_CHECK(options.segment_min >= 2);
}

void MarkExcursions(std::vector<ChangePoint>& points) {
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const double there = points[i].after - points[i].before;
    const double left = points[i + 1].after - points[i].before;
    points[i].went_away = std::abs(left) < kUndoneShare * std::abs(there);
  }
}

HistoryPart AnalyzeFrom(std::size_t start, std::size_t count, const HistoryValues& history,
                        const ChangePointOptions& options) {
  HistoryValues part;
  part.values = history.values.subspan(start, count);
  if (!history.standard_errors.empty()) {
    part.standard_errors = history.standard_errors.subspan(start, count);
  }
  HistoryPart result = AnalyzePart(part, start, options);
  for (ChangePoint& point : result.points) {
    point.index += start;
    point.low += start;
    point.high += start;
  }
  return result;
}

/// Appends those points that are not too close to the last one that is there.
void Accept(const std::vector<ChangePoint>& found, const ChangePointOptions& options,
            std::vector<ChangePoint>& points) {
  for (const ChangePoint& point : found) {
    if (points.empty() ||
        point.index >= points.back().index + static_cast<std::size_t>(options.segment_min)) {
      points.push_back(point);
    }
  }
}

void AddWarnings(std::span<const double> values, const HistoryNoise& noise,
                 std::vector<std::string>& warnings) {
  std::size_t infinite = 0;
  std::size_t observed = 0;
  bool alike = true;
  double first = std::numeric_limits<double>::quiet_NaN();
  for (const double value : values) {
    infinite += std::isinf(value) ? 1U : 0U;
    if (std::isfinite(value)) {
      first = observed == 0 ? value : first;
      alike = alike && value == first;
      ++observed;
    }
  }
  if (infinite > 0) {
    warnings.push_back(fmt::format("{} of {} runs have an infinite value; they count as missing.",
                                   infinite, values.size()));
  }
  if (observed < kHistoryRunsMin) {
    warnings.push_back(fmt::format(
        "Only {} a value; change points can be found from {} runs on.",
        observed == 1 ? "1 run has" : fmt::format("{} runs have", observed), kHistoryRunsMin));
  } else if (noise.scale == 0 && !alike) {
    warnings.push_back(
        "The values differ by more, or by less, than can be computed with; no change point was "
        "looked for.");
  }
}

}  // namespace

ChangePointTracker::ChangePointTracker(const ChangePointOptions& options) : options_(options) {
  CheckOptions(options);
}

void ChangePointTracker::Append(const Run& run) {
  values_.push_back(run.value);
  standard_errors_.push_back(run.standard_error);
  if (values_.size() - part_start_ <= kHistoryPartRuns) {
    return;
  }
  HistoryPart part =
      AnalyzeFrom(part_start_, kHistoryPartRuns, {values_, standard_errors_}, options_);
  std::erase_if(part.points, [this](const ChangePoint& point) {
    return point.index >= part_start_ + kSettledRuns;
  });
  Accept(part.points, options_, settled_);
  part_start_ += kOverlapFrom;
  if (!settled_.empty()) {
    part_start_ = std::max(part_start_, settled_.back().index);
  }
}

ChangePoints ChangePointTracker::Result() const {
  ChangePoints result;
  const HistoryPart part =
      AnalyzeFrom(part_start_, values_.size() - part_start_, {values_, standard_errors_}, options_);
  result.points = settled_;
  Accept(part.points, options_, result.points);
  MarkExcursions(result.points);
  result.noise = part.noise;
  AddWarnings(values_, result.noise, result.warnings);
  return result;
}

ChangePoints FindChangePoints(const HistoryValues& history, const ChangePointOptions& options) {
  WEIR_CHECK(history.standard_errors.empty() ||
             history.standard_errors.size() == history.values.size());
  ChangePointTracker tracker(options);
  for (std::size_t t = 0; t < history.values.size(); ++t) {
    tracker.Append(
        {.value = history.values[t],
         .standard_error = history.standard_errors.empty() ? 0 : history.standard_errors[t]});
  }
  return tracker.Result();
}

}  // namespace weir::analysis
