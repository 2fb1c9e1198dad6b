#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "base/time.h"

namespace weir::store {

namespace internal {
class Connection;
}  // namespace internal

/// A run that came to its end whole (RunState::kComplete), for who waits for one.
struct FinishedRun {
  RunId id = 0;
  std::string scenario;
  std::string build;
  WallTime finished_at{};
};

/// The runs in a history that have finished, over a connection of its own. Errors and thread rule:
/// as Store (store/history.h).
class FinishedRuns {
 public:
  /// As Store::OpenForReading.
  static Result<std::unique_ptr<FinishedRuns>> OpenForReading(const std::string& path);

  ~FinishedRuns();
  FinishedRuns(const FinishedRuns&) = delete;
  FinishedRuns& operator=(const FinishedRuns&) = delete;

  /// The newest `count` by number, newest first.
  Result<std::vector<FinishedRun>> List(std::size_t count);

  /// As Deployments::ChangeCount.
  Result<std::int64_t> ChangeCount();

 private:
  explicit FinishedRuns(std::unique_ptr<internal::Connection> connection);

  std::unique_ptr<internal::Connection> connection_;
};

}  // namespace weir::store
