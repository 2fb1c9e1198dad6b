#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/host.h"
#include "loadgen/host_counters.h"

/// Reads what `weir doctor` judges. Needs no privileges and changes nothing. Any thread.
namespace weir::loadgen {

/// Everything but what is only seen under load (MachineMeter). `root` is put before every path of
/// /proc and /sys, for tests.
HostFacts ReadHostFacts(const Clock& clock, const std::string& root = "");

/// "32768\t60999\n" of ip_local_port_range.
std::optional<PortRange> ParsePortRange(std::string_view text);

/// Processors' worth of a control group's quota: cpu.max of version 2 ("200000 100000", "max
/// 100000"). No value without a quota.
std::optional<double> ParseQuota(std::string_view cpu_max);

/// What the machine does beside this process, from one moment to another. One owner.
class MachineMeter {
 public:
  MachineMeter();

  /// Fills in steal and others_cores since the construction, as far as the kernel tells; both are
  /// too coarse below a second.
  void Put(HostFacts& facts) const;

 private:
  std::optional<MachineTicks> before_;
  double cpu_s_before_;
};

}  // namespace weir::loadgen
