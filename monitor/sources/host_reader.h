#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "loadgen/host_counters.h"
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
  /// `root` is put before /proc, for tests.
  explicit HostReader(std::string root = "") : root_(std::move(root)) {}

  /// Errors: kUnavailable: there is no /proc/stat.
  Result<Reading> Read();

 private:
  class Page;

  const std::string root_;
  // By metric and device: names are made once (Sample::series).
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const SeriesName>> names_;
  std::optional<loadgen::MachineTicks> last_;
};

}  // namespace weir::monitor
