#include "loadgen/resources.h"

#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

namespace weir::loadgen {

ProcessUsage ReadProcessUsage() {
  ProcessUsage usage;
  rusage raw{};
  getrusage(RUSAGE_SELF, &raw);
  const auto seconds = [](const timeval& at) {
    return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_usec) / 1e6;
  };
  usage.cpu_s = seconds(raw.ru_utime) + seconds(raw.ru_stime);
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total_pages = 0;
  std::uint64_t resident_pages = 0;
  if (statm >> total_pages >> resident_pages) {
    usage.rss_bytes = resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
  return usage;
}

void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

}  // namespace weir::loadgen
