#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What of a machine decides how well latencies can be measured on it. Plain data: loadgen reads
/// it (loadgen/host_facts.h), analysis judges it (analysis/host_checks.h).
namespace weir {

/// Local ports that connections may leave from.
struct PortRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;  ///< Inclusive; >= first.

  std::uint32_t size() const { return last - first + 1; }

  friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// No value and empty texts: the kernel does not tell.
struct HostFacts {
  std::uint32_t cores_online = 0;
  std::uint32_t cores_usable = 0;       ///< By this process: its affinity, not its quota.
  std::optional<double> quota_cores;    ///< Of its control group; no value also without a quota.
  std::optional<bool> can_pin;          ///< A thread may be kept on one processor.
  std::optional<bool> smt;              ///< Processors are hardware threads that share cores.
  std::vector<std::string> governors;   ///< Of the usable processors, each name once.
  std::string clock_source;             ///< "tsc", "kvm-clock", "hpet", ...
  std::optional<double> clock_read_ns;  ///< What one reading of the clock costs.
  std::optional<double> steal;          ///< Share of all processor time, while calibrating.
  std::optional<double> others_cores;   ///< Processors' worth that other programs used then.
  std::uint64_t files_max = 0;          ///< RLIMIT_NOFILE, hard: weir raises the soft one.
  std::optional<PortRange> ports;       ///< net.ipv4.ip_local_port_range.
  std::optional<int> port_reuse;        ///< net.ipv4.tcp_tw_reuse: 0 no, 1 yes, 2 loopback.
  std::optional<int> timestamps;        ///< net.ipv4.tcp_timestamps.
  std::optional<std::uint64_t> backlog_max;  ///< net.core.somaxconn.
};

}  // namespace weir
