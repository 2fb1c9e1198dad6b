#pragma once

#include <cstddef>
#include <mutex>
#include <set>
#include <string>

namespace weir::monitor {

/// Gates that a person opens and closes, one for each canary, as in Flagger's own load tester:
/// closed until opened. Kept in memory: after a restart all are closed, which holds deployments and
/// rolls nothing back. Thread-safe.
class ManualGates {
 public:
  static constexpr std::size_t kOpenMax = 1000;

  /// False: kOpenMax others are open.
  bool Open(const std::string& canary);
  void Close(const std::string& canary);
  bool IsOpen(const std::string& canary) const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string> open_;  // Guarded by mutex_.
};

}  // namespace weir::monitor
