#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/run.h"

namespace weir::store {

namespace internal {
class Connection;
}  // namespace internal

/// How many requests broke in one way in one second of a run, all steps and phases.
struct ErrorSecond {
  std::uint32_t second = 0;
  RequestError error = RequestError::kNone;
  std::uint64_t requests = 0;
};

/// By how much the latest request of one second was sent late.
struct LagSecond {
  std::uint32_t second = 0;
  std::uint64_t max_ns = 0;
};

/// The seconds of runs with each step for itself, for pages that draw them, over a connection of
/// its own. Errors and thread rule: as Store (store/history.h).
class RunTimeline {
 public:
  /// As Store::OpenForReading.
  static Result<std::unique_ptr<RunTimeline>> OpenForReading(const std::string& path);

  ~RunTimeline();
  RunTimeline(const RunTimeline&) = delete;
  RunTimeline& operator=(const RunTimeline&) = delete;

  /// Calls `visit(second, record)` for what each step did in each second, ordered by second and
  /// phase, one at a time in memory. Of its latencies a record has only the response times, and it
  /// has neither errors nor parts. `visit` may not use this object.
  Status VisitSteps(RunId id, const std::function<void(std::uint32_t, StepRecord&)>& visit);

  /// In order of second and kind; seconds without errors are absent.
  Result<std::vector<ErrorSecond>> Errors(RunId id);

  /// In order of second; seconds in which nothing ended are absent. Reads no histogram.
  Result<std::vector<LagSecond>> SendLag(RunId id);

 private:
  explicit RunTimeline(std::unique_ptr<internal::Connection> connection);

  std::unique_ptr<internal::Connection> connection_;
};

}  // namespace weir::store
