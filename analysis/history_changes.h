#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/changepoint.h"
#include "analysis/run_metric.h"
#include "base/run.h"

/// Change points of a history of runs: which build moved which metric of which step.
namespace weir::analysis {

/// Where change points are looked for if nothing else is asked for.
inline constexpr std::array<std::string_view, 4> kHistoryMetrics = {
    "response_time.p50", "response_time.p99", "throughput", "error_rate"};

struct HistoryChangeOptions {
  std::vector<RunMetric> metrics;  ///< At least one.

  /// Smaller steps of latencies and rates are counted, not listed; >= 0. Error rates have no such
  /// limit: from none to some is no ratio.
  double change_ratio_min = 0.01;
};

/// One change point and who may have caused it. Runs are told apart by their number in the store.
struct HistoryChange {
  std::string scenario;
  std::string load;  ///< In words, as RunPlan::load.
  std::string step;  ///< Empty = all steps.
  RunMetric metric;
  ChangePoint
      point;      ///< Its indices count the runs that were looked at, of this scenario and load.
  RunId run = 0;  ///< First run of the new level.
  std::string build;                  ///< Its build; empty = not said.
  RunId low_run = 0;                  ///< The new level began with one of the runs from here ...
  RunId high_run = 0;                 ///< ... to here, with the confidence of ChangePointOptions.
  std::vector<std::string> suspects;  ///< The builds of these runs, in order, each once.

  /// All of these runs and the one before them are of one build: it is not the build that changed.
  bool same_build = false;

  /// Whether users are worse off: latencies and errors up, throughput and Apdex down.
  bool Worse() const;
};

struct HistoryChanges {
  std::vector<HistoryChange> changes;  ///< Newest first; of one run, the surest first.
  std::size_t runs = 0;                ///< That were looked at.
  std::size_t series = 0;              ///< Pairs of step and metric that were looked at.
  std::size_t small = 0;               ///< Change points below change_ratio_min.
  std::vector<std::string> warnings;   ///< To be shown with the result; whole sentences.
};

/// What is looked at of one run: for callers that keep these values instead of whole runs.
struct HistoryRun {
  struct Value {
    std::string step;        ///< Empty = all steps.
    std::size_t metric = 0;  ///< Index into HistoryChangeOptions::metrics.
    std::optional<double> value = {};
    std::optional<double> error = {};  ///< As RunMetricValue::error.
    friend bool operator==(const Value&, const Value&) = default;
  };

  RunId id = 0;
  std::string scenario;
  std::string load;
  std::string build;
  RunState state = RunState::kRunning;
  std::optional<Grade> validity;
  std::vector<Value> values;  ///< None unless LooksAt(state, validity). Ordered by step, metric.
};

/// Whether change points are looked for in a run of that kind at all.
bool LooksAt(RunState state, std::optional<Grade> validity);

/// Cost: O(buckets) for each step.
HistoryRun HistoryRunOf(const Run& run, std::span<const RunMetric> metrics);

/// Collects runs, oldest first, and judges them. Runs of one scenario under one load are a history
/// of their own, whatever the target was called. Only complete runs count, and none whose
/// certificate says invalid. Each value weighs by its own standard error from inside its run.
/// Several series are looked at, and each may be flagged by chance: of series without a change, 1.3
/// % are (docs/statistics.md). Memory: a few numbers a run and series; at most kHistorySeriesMax
/// series a history. One owner; not thread-safe.
class HistoryChangeFinder {
 public:
  explicit HistoryChangeFinder(HistoryChangeOptions options);

  void Add(const Run& run);
  void Add(const HistoryRun& run);

  /// Of all runs so far. Cost: FindChangePoints for each series.
  HistoryChanges Result() const;

 private:
  struct SeriesKey {
    std::string step;
    std::size_t metric = 0;  ///< Index into options_.metrics.
    auto operator<=>(const SeriesKey&) const = default;
  };

  struct Values {
    std::vector<double> values;
    std::vector<double> errors;
  };

  struct History {
    std::vector<std::pair<RunId, std::string>> runs;  ///< With their builds.
    std::map<SeriesKey, Values> series;
  };

  using HistoryKey = std::pair<std::string, std::string>;  ///< Scenario and load.

  void AddValue(History& history, const HistoryRun::Value& value);
  void Judge(const HistoryKey& key, const History& history, HistoryChanges& result) const;

  HistoryChangeOptions options_;
  std::map<HistoryKey, History> histories_;
  std::size_t invalid_ = 0;
  std::size_t series_left_out_ = 0;
};

/// Of one scenario and load: steps times metrics. What is beyond is left out with a warning.
inline constexpr std::size_t kHistorySeriesMax = 400;

}  // namespace weir::analysis
