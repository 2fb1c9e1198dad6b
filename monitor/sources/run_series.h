#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/run.h"
#include "base/time.h"
#include "monitor/sources/sample.h"

/// What finished runs of the history are as samples. Pure.
namespace weir::monitor {

/// `weir_run_response_seconds{scenario, step, quantile}` (0.5, 0.9, 0.99; censored requests are in
/// it as lower bounds), `weir_run_error_ratio`, `weir_run_requests_per_second` and
/// `weir_run_requests_total` of the measured part, for each step and for all of them together
/// (step `all`). What a run did not measure is absent. Thread rule: one at a time.
class RunSeries {
 public:
  std::vector<Sample> SamplesOf(const Run& run);

 private:
  std::shared_ptr<const SeriesName> NameOf(std::string metric, Labels labels);

  // A series has one name, as rules remember by it what they know.
  std::map<std::pair<std::string, Labels>, std::shared_ptr<const SeriesName>> names_;
};

/// The newest run of each scenario, and those before it. Thread rule: one at a time.
class RunBoard {
 public:
  /// Scenarios, and runs before; when there are more, the oldest go.
  static constexpr std::size_t kKept = 300;

  /// `run` takes the place of the one of its scenario, which becomes past.
  void Put(const Run& run, WallTime finished_at);

  /// The samples of all scenarios; those that no Put has brought since the call before are
  /// `repeated` and not in the ledger.
  Reading Look();

 private:
  struct Told {
    std::shared_ptr<const std::vector<Sample>> samples;
    WallTime finished_at{};
    bool fresh = false;
  };

  RunSeries series_;
  std::map<std::string, Told> told_;  // By scenario.
  std::deque<PastLook> past_;         // Ascending.
};

}  // namespace weir::monitor
