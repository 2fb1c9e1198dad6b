#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/run.h"

/// The text that Prometheus scrapes (exposition format 0.0.4, and OpenMetrics), as far as it takes
/// to pick some numbers out of it. Pure; any thread.
/// Source: prometheus.io, "Exposition formats".
namespace weir::loadgen {

/// Which series of a page, in PromQL's words: `name` or `name{label="value",other!="value"}`.
struct MetricSelector {
  struct Matcher {
    std::string label;
    std::string value;
    bool equal = true;  ///< False: `!=`.
    friend bool operator==(const Matcher&, const Matcher&) = default;
  };

  std::string shown;  ///< What the sum over the series is called in the record of the run.
  std::string name;
  std::vector<Matcher> matchers;  ///< All must hold; a label that a series lacks is empty.
};

/// One sample of a page. Views lead into the line.
struct MetricLine {
  struct Label {
    std::string_view name;
    std::string value;  ///< Its escapes resolved.
  };

  std::string_view name;
  std::vector<Label> labels;
  double value = 0;  ///< May be NaN or infinite.
};

/// Reads one line without its end. Nothing for a comment, an empty line, and one that makes no
/// sense.
std::optional<MetricLine> ParseMetricLine(std::string_view text);

/// A number as pages have it: `1.5e3`, `NaN`, `+Inf`.
std::optional<double> ParseMetricValue(std::string_view word);

/// Errors: kUsage, with what was expected. Matchers are `=` and `!=` only.
Result<MetricSelector> ParseMetricSelector(std::string_view text);

/// What is looked at when nothing is named: processor time and memory of a process that exports
/// them itself, and of a machine as node_exporter tells it (busy modes, devices but lo).
std::vector<MetricSelector> DefaultMetricSelectors();

/// For each selector that matches anything, the sum over its series, in the order of the selectors.
/// Lines that make no sense, and values that are not finite, are left out. Cost: linear in the
/// page.
std::vector<TargetValue> SelectMetrics(std::string_view page,
                                       std::span<const MetricSelector> selectors);

}  // namespace weir::loadgen
