#pragma once

#include <functional>

namespace weir::cli {

/// While it lives, SIGINT and SIGTERM call `stop` (once; it must be async-signal-safe) instead of
/// ending the process. A second signal ends it at once with 130. SIGPIPE is ignored, so that a
/// closed pipe or socket is an error value. At most one at a time.
class StopOnSignal {
 public:
  explicit StopOnSignal(std::function<void()> stop);
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;
};

}  // namespace weir::cli
