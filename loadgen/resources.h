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

/// Tells the scheduler that this thread's turns are as short as can be (100 us): when it wakes, it
/// goes before a thread that is in the middle of a longer one, and does not wait for its end.
/// Of no effect on threads with a policy of their own, and on kernels before 6.12.
/// Source: "custom slices" of SCHED_OTHER, sched_attr::sched_runtime, Linux 6.12.
void TakeShortTurns();

/// The processors that this process may run on, ascending; never empty.
std::vector<int> AllowedCpus();

}  // namespace weir::loadgen
