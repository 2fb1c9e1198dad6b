#pragma once

#include <cstdint>
#include <vector>

namespace weir::loadgen {

/// What this process has used; for the run's own record.
struct ProcessUsage {
  double cpu_s = 0;             ///< User + system since the process began.
  std::uint64_t rss_bytes = 0;  ///< Resident now; 0 if the kernel does not tell.
};

ProcessUsage ReadProcessUsage();

/// Raises the limit of open files to the hard one, as each connection is one, and returns it.
std::uint64_t RaiseFileLimit();

/// While it lives, this thread takes no processor from another at the moment it wakes up; it gets
/// its share a little later (SCHED_BATCH). For threads that work beside those that measure.
class InBackground {
 public:
  InBackground();
  InBackground(const InBackground&) = delete;
  InBackground& operator=(const InBackground&) = delete;
  ~InBackground();

 private:
  int policy_before_;
};

/// The processors that this process may run on, ascending; never empty.
std::vector<int> AllowedCpus();

}  // namespace weir::loadgen
