#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace weir::monitor {

/// What the kernel says about a control group, of version 2, 1, or both beside each other, as far
/// as the group has the controllers. By the names of cAdvisor, where those mean the same:
///
/// - `container_cpu_usage_seconds_total`, `container_cpu_cfs_periods_total`,
///   `container_cpu_cfs_throttled_periods_total`, `container_cpu_cfs_throttled_seconds_total`: kept
///   from running because the quota was used up;
/// - `container_memory_usage_bytes`, `container_memory_max_usage_bytes`,
///   `container_spec_memory_limit_bytes` (absent without a limit), `container_oom_events_total`;
/// - `container_pressure_{cpu,io,memory}_{waiting,stalled}_seconds_total`: version 2.
///
/// Checked against: files of real groups, tests/monitor/cgroup_test.cc. One thread at a time.
class CgroupReader {
 public:
  /// `root` is put before /sys/fs/cgroup, for tests; `group` is the path of the group below it,
  /// without the names of controllers, and begins with /.
  CgroupReader(std::string root, std::string group)
      : mount_(std::move(root) + "/sys/fs/cgroup"), group_(std::move(group)) {}

  using Put = std::function<void(const std::string& metric, double value)>;

  /// Errors: kUnavailable: there is no such group with a controller that is known here.
  Status Read(const Put& put) const;

 private:
  bool ReadUnified(const std::string& folder, const Put& put) const;
  bool ReadVersion1(const Put& put) const;

  const std::string mount_;
  const std::string group_;
};

}  // namespace weir::monitor
