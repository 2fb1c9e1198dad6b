#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

/// What the kernel says about this machine and this process's threads. The Parse functions are
/// pure, for tests and for files of other processes; the Read functions read /proc and /sys and
/// give no value where the kernel does not tell. Any thread.
namespace weir::loadgen {

/// Processor time of the whole machine since it started, in ticks of the kernel.
struct MachineTicks {
  std::uint64_t total = 0;  ///< All processors, idle time and stolen time included.
  std::uint64_t idle = 0;   ///< Nothing to do, or waiting for a disk.
  std::uint64_t steal = 0;  ///< Taken by the hypervisor while there was something to do.
};

/// Of the text of /proc/stat.
std::optional<MachineTicks> ParseMachineTicks(std::string_view text);
std::optional<MachineTicks> ReadMachineTicks();

/// What one thread has got since it began.
struct ThreadUsage {
  Nanos cpu{0};   ///< Ran on a processor.
  Nanos wait{0};  ///< Could have run, but no processor was free for it.
};

/// Of the text of /proc/PID/task/TID/schedstat.
std::optional<ThreadUsage> ParseThreadUsage(std::string_view text);
/// `tid` of this process.
std::optional<ThreadUsage> ReadThreadUsage(int tid);

/// How long a control group's processes were kept from running because its quota was used up: of
/// the text of its cpu.stat, version 2 (throttled_usec) or 1 (throttled_time).
std::optional<Nanos> ParseThrottled(std::string_view text);
/// Of this process's own control group.
std::optional<Nanos> ReadThrottled();

/// Processor time that a control group's processes have used: of the text of its cpu.stat, version
/// 2 (usage_usec), or of its cpuacct.usage (version 1).
std::optional<Nanos> ParseCpuUsage(std::string_view text);

/// A plain count, as in memory.current.
std::optional<double> ParseByteCount(std::string_view text);

/// What a process has used, of the text of its /proc/PID/stat.
struct ProcessStat {
  bool ended = false;               ///< A zombie: nobody has waited for it yet.
  std::uint64_t cpu_ticks = 0;      ///< Its own, and that of children that were waited for.
  std::uint64_t started_ticks = 0;  ///< Since boot: tells it from a later one of its number.
  std::uint64_t resident_pages = 0;
};

std::optional<ProcessStat> ParseProcessStat(std::string_view text);

/// The directory of control group `controller` ("cpu", "memory") of a process, from the text of its
/// /proc/PID/cgroup; version 2 where the process is in one. Empty if there is none.
std::string ControlGroupOf(std::string_view cgroup_text, std::string_view controller);

/// The file's text, at most 64 KiB of it; no value if it cannot be read.
std::optional<std::string> ReadSmallFile(const std::string& path);

}  // namespace weir::loadgen
