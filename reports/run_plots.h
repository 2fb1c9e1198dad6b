#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.h"
#include "base/run.h"
#include "reports/text_options.h"

namespace weir::reports {

/// A run drawn for a terminal: sparklines of its percentiles, rate and errors over time, a heatmap
/// of all response times, the percentile spectrum. Takes its seconds one by one, in any order, so
/// that memory is bounded by the width of the terminal and not by the length of the run.
class RunPlots {
 public:
  /// `run` must outlive this.
  RunPlots(const Run& run, const TextOptions& options);

  void Add(const SecondPoint& point);

  /// Several lines, none wider than options.width, each ending with a newline. Percentiles of a
  /// column only where at least one request lies beyond them. Says so when nothing was answered.
  std::string Render() const;

  /// The first part of Render: sparklines and heatmap.
  std::string RenderOverTime() const;

 private:
  /// Some seconds that share a column.
  struct Column {
    Histogram response;
    RequestCounts counts;
  };

  std::string Sparklines() const;
  std::string Heatmap() const;

  const Run* run_;
  TextOptions options_;
  std::uint32_t seconds_;  ///< Of each column.
  std::vector<Column> columns_;
};

/// Two distributions over their percentiles in one plot, the tail as wide as it takes. Empty when
/// either has fewer than two values. Names are made safe.
struct NamedHistogram {
  std::string_view name;
  const Histogram* histogram;
};

std::string RenderSpectra(const NamedHistogram& points, const NamedHistogram& line,
                          const TextOptions& options);

}  // namespace weir::reports
