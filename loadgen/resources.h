#pragma once

#include <cstdint>

namespace weir::loadgen {

/// What this process has used; for the run's own record.
struct ProcessUsage {
  double cpu_s = 0;             ///< User + system since the process began.
  std::uint64_t rss_bytes = 0;  ///< Resident now; 0 if the kernel does not tell.
};

ProcessUsage ReadProcessUsage();

/// Raises the limit of open files to the hard one: each connection is one.
void RaiseFileLimit();

}  // namespace weir::loadgen
