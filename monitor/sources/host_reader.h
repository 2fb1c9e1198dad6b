#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "loadgen/host_counters.h"
#include "monitor/sources/cgroup_reader.h"
#include "monitor/sources/sample.h"

namespace weir::monitor {

/// What the kernel says about this machine, as series. Under the names of prometheus-node-exporter,
/// where those mean the same: `node_load1`, `node_memory_MemTotal_bytes`,
/// `node_memory_MemAvailable_bytes`, `node_pressure_{cpu,io,memory}_waiting_seconds_total`,
/// `node_pressure_{io,memory}_stalled_seconds_total`,
/// `node_network_{receive,transmit}_bytes_total{device}` (without lo). Of our own:
/// `weir_host_cpu_busy_ratio` and `weir_host_cpu_steal_ratio`, 0..1 since the last look (none at
/// the first). What the kernel does not tell is absent. One thread at a time.
class HostReader {
 public:
  /// `root` is put before /proc and /sys, for tests. With a `group` also what CgroupReader tells of
  /// that control group, with its path as label `id`.
  explicit HostReader(std::string root = "", std::string group = "")
      : root_(std::move(root)), group_(std::move(group)) {
    if (!group_.empty()) {
      cgroup_.emplace(root_, group_);
    }
  }

  /// Errors: kUnavailable: there is no /proc/stat, or no such group.
  Result<Reading> Read();

 private:
  class Page;

  const std::string root_;
  const std::string group_;
  std::optional<CgroupReader> cgroup_;
  // By metric and device: names are made once (Sample::series).
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const SeriesName>> names_;
  std::optional<loadgen::MachineTicks> last_;
};

}  // namespace weir::monitor
