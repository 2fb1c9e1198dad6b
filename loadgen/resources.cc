#include "loadgen/resources.h"

#include <fstream>

#include <sched.h>
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

std::uint64_t RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return UINT64_MAX;
  }
  if (limit.rlim_cur < limit.rlim_max) {
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
      return before;
    }
  }
  return limit.rlim_cur;
}

InBackground::InBackground() : policy_before_(sched_getscheduler(0)) {
  // Who runs under another policy has a reason for it.
  if (policy_before_ == SCHED_OTHER) {
    const sched_param none{};
    sched_setscheduler(0, SCHED_BATCH, &none);
  }
}

InBackground::~InBackground() {
  if (policy_before_ == SCHED_OTHER) {
    const sched_param none{};
    sched_setscheduler(0, SCHED_OTHER, &none);
  }
}

std::vector<int> AllowedCpus() {
  std::vector<int> cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) {
        cpus.push_back(cpu);
      }
    }
  }
  return cpus.empty() ? std::vector<int>{0} : cpus;
}

}  // namespace weir::loadgen
