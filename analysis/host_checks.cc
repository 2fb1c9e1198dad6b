#include "analysis/host_checks.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "analysis/validity_prose.h"
#include "base/check.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

// TIME_WAIT of Linux: so long rests a port after its connection.
constexpr std::uint32_t kPortRestS = 60;

std::string Processors(double count) {
  return fmt::format("{:.3g} {}", count, count == 1 ? "processor" : "processors");
}

HostCheck Unknown(HostSubject subject, std::string because) {
  return {subject, HostState::kUnknown, std::move(because), ""};
}

HostCheck JudgeProcessors(const HostFacts& facts) {
  const auto usable = static_cast<double>(facts.cores_usable);
  if (facts.quota_cores && *facts.quota_cores < usable) {
    return {HostSubject::kProcessors,
            *facts.quota_cores < 1 ? HostState::kBad : HostState::kDoubtful,
            fmt::format("the control group has the time of {} and is stopped when it is used up",
                        Processors(*facts.quota_cores)),
            "raise the quota (cpu.max; docker --cpus; limits.cpu in Kubernetes) or take it away"};
  }
  std::string found = fmt::format("{} of {} usable", facts.cores_usable, facts.cores_online);
  if (facts.cores_usable < 2) {
    return {HostSubject::kProcessors, HostState::kDoubtful,
            found + ": weir and a target on this machine take turns",
            "use a machine with more processors, or a target on another one"};
  }
  return {HostSubject::kProcessors, HostState::kGood, std::move(found), ""};
}

HostCheck JudgePinning(const HostFacts& facts) {
  if (!facts.can_pin) {
    return Unknown(HostSubject::kPinning, "the kernel does not tell");
  }
  if (!*facts.can_pin) {
    return {HostSubject::kPinning, HostState::kDoubtful,
            "threads cannot be kept on a processor: --pin has no effect",
            "allow sched_setaffinity (seccomp profile of the container)"};
  }
  if (facts.smt.value_or(false)) {
    return {HostSubject::kPinning, HostState::kDoubtful,
            "threads can be pinned, but two processors share each core and slow each other down",
            "give weir one of each pair (taskset -c), or echo off > "
            "/sys/devices/system/cpu/smt/control"};
  }
  return {HostSubject::kPinning, HostState::kGood, "threads can be pinned (--pin)", ""};
}

HostCheck JudgeGovernor(const HostFacts& facts) {
  if (facts.governors.empty()) {
    return Unknown(HostSubject::kGovernor,
                   "none here: the clock speed is the hypervisor's or the firmware's affair");
  }
  const std::string names = fmt::format("{}", fmt::join(facts.governors, ", "));
  if (facts.governors.size() == 1 && facts.governors.front() == "performance") {
    return {HostSubject::kGovernor, HostState::kGood, names, ""};
  }
  return {HostSubject::kGovernor, HostState::kDoubtful,
          names + ": an idle processor runs slower and takes its time to speed up",
          "cpupower frequency-set -g performance"};
}

HostCheck JudgeSteal(const HostFacts& facts, const HostLimits& limits) {
  if (!facts.steal) {
    return Unknown(HostSubject::kSteal, "seen only while calibrating");
  }
  std::string found =
      fmt::format("{} of the processor time went to the hypervisor", PercentText(*facts.steal));
  if (*facts.steal <= limits.steal_doubtful) {
    return {HostSubject::kSteal, HostState::kGood, std::move(found), ""};
  }
  return {HostSubject::kSteal,
          *facts.steal > limits.steal_bad ? HostState::kBad : HostState::kDoubtful,
          std::move(found), "use a machine of its own, or one that is not overbooked"};
}

HostCheck JudgeNeighbours(const HostFacts& facts, const HostLimits& limits) {
  if (!facts.others_cores) {
    return Unknown(HostSubject::kNeighbours, "seen only while calibrating");
  }
  const double others = *facts.others_cores;
  std::string found =
      fmt::format("other programs used {:.2f} of {} processors", others, facts.cores_usable);
  if (others <= limits.others_doubtful) {
    return {HostSubject::kNeighbours, HostState::kGood, std::move(found), ""};
  }
  const bool bad = others > limits.others_bad_share * static_cast<double>(facts.cores_usable);
  return {HostSubject::kNeighbours, bad ? HostState::kBad : HostState::kDoubtful, std::move(found),
          "stop them while you measure ('top' names them)"};
}

// Sources that are read with a system call or from a slow device.
bool IsSlowSource(std::string_view source) {
  constexpr std::array<std::string_view, 5> kSlow = {"hpet", "acpi_pm", "jiffies",
                                                     "refined-jiffies", "pit"};
  return std::find(kSlow.begin(), kSlow.end(), source) != kSlow.end();
}

HostCheck JudgeClock(const HostFacts& facts, const HostLimits& limits) {
  if (!facts.clock_read_ns) {
    return Unknown(HostSubject::kClock, "not measured");
  }
  std::string found = fmt::format(
      "{}, {:.0f} ns a reading",
      facts.clock_source.empty() ? std::string("source not told") : Printable(facts.clock_source),
      *facts.clock_read_ns);
  const bool slow = *facts.clock_read_ns > limits.clock_read_doubtful_ns;
  if (!slow && !IsSlowSource(facts.clock_source)) {
    return {HostSubject::kClock, HostState::kGood, std::move(found), ""};
  }
  const bool bad =
      *facts.clock_read_ns > limits.clock_read_bad_ns || IsSlowSource(facts.clock_source);
  return {HostSubject::kClock, bad ? HostState::kBad : HostState::kDoubtful, std::move(found),
          "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource (or what "
          "available_clocksource beside it offers)"};
}

HostCheck JudgeFiles(const HostFacts& facts, const HostLimits& limits) {
  std::string found =
      fmt::format("{} open files: as many connections, less some", FormatCount(facts.files_max));
  if (facts.files_max >= limits.files_doubtful) {
    return {HostSubject::kFiles, HostState::kGood, std::move(found), ""};
  }
  return {HostSubject::kFiles,
          facts.files_max < limits.files_bad ? HostState::kBad : HostState::kDoubtful,
          std::move(found),
          "raise the hard limit: ulimit -Hn as root, LimitNOFILE= in systemd, docker --ulimit "
          "nofile"};
}

HostCheck JudgePorts(const HostFacts& facts, const HostLimits& limits) {
  if (!facts.ports) {
    return Unknown(HostSubject::kPorts, "the kernel does not tell");
  }
  std::string found = fmt::format("{} to {}: {} connections to one address", facts.ports->first,
                                  facts.ports->last, FormatCount(facts.ports->size()));
  if (facts.ports->size() >= limits.ports_doubtful) {
    return {HostSubject::kPorts, HostState::kGood, std::move(found), ""};
  }
  return {HostSubject::kPorts,
          facts.ports->size() < limits.ports_bad ? HostState::kBad : HostState::kDoubtful,
          std::move(found),
          "sysctl -w net.ipv4.ip_local_port_range='10240 65535', or several --source addresses"};
}

HostCheck JudgePortReuse(const HostFacts& facts) {
  if (!facts.port_reuse) {
    return Unknown(HostSubject::kPortReuse, "the kernel does not tell");
  }
  const std::uint32_t ports = facts.ports ? facts.ports->size() : 28'232;
  const std::string slow = fmt::format("{} new connections per second to one address at most",
                                       FormatCount(ports / kPortRestS));
  const bool stamped = facts.timestamps.value_or(1) != 0;
  if (*facts.port_reuse == 1 && stamped) {
    return {HostSubject::kPortReuse, HostState::kGood, "a port can be used again after a second",
            ""};
  }
  if (*facts.port_reuse == 2 && stamped) {
    return {HostSubject::kPortReuse, HostState::kGood,
            "on loopback after a second; to other machines " + slow, ""};
  }
  return {HostSubject::kPortReuse, HostState::kDoubtful,
          fmt::format("a port rests for {} s after its connection: {}{}", kPortRestS, slow,
                      stamped ? "" : " (TCP timestamps are off)"),
          "keep connections alive, or sysctl -w net.ipv4.tcp_timestamps=1 net.ipv4.tcp_tw_reuse=1"};
}

HostCheck JudgeBacklog(const HostFacts& facts, const HostLimits& limits) {
  if (!facts.backlog_max) {
    return Unknown(HostSubject::kBacklog, "the kernel does not tell");
  }
  std::string found = fmt::format("{} connections may wait for a target on this machine",
                                  FormatCount(*facts.backlog_max));
  if (*facts.backlog_max >= limits.backlog_doubtful) {
    return {HostSubject::kBacklog, HostState::kGood, std::move(found), ""};
  }
  return {HostSubject::kBacklog, HostState::kDoubtful,
          found + "; one more is tried again after a second",
          "sysctl -w net.core.somaxconn=4096, and restart the target"};
}

}  // namespace

std::string_view HostSubjectName(HostSubject subject) {
  switch (subject) {
    case HostSubject::kProcessors:
      return "processors";
    case HostSubject::kPinning:
      return "pinning";
    case HostSubject::kGovernor:
      return "governor";
    case HostSubject::kSteal:
      return "steal";
    case HostSubject::kNeighbours:
      return "neighbours";
    case HostSubject::kClock:
      return "clock";
    case HostSubject::kFiles:
      return "files";
    case HostSubject::kPorts:
      return "ports";
    case HostSubject::kPortReuse:
      return "port_reuse";
    case HostSubject::kBacklog:
      return "backlog";
    case HostSubject::kInstrument:
      return "instrument";
  }
  WEIR_CHECK(false);
}

std::string_view HostStateName(HostState state) {
  switch (state) {
    case HostState::kGood:
      return "good";
    case HostState::kUnknown:
      return "unknown";
    case HostState::kDoubtful:
      return "doubtful";
    case HostState::kBad:
      return "bad";
  }
  WEIR_CHECK(false);
}

std::vector<HostCheck> JudgeHost(const HostFacts& facts, const HostLimits& limits) {
  return {JudgeProcessors(facts),         JudgePinning(facts),
          JudgeGovernor(facts),           JudgeSteal(facts, limits),
          JudgeNeighbours(facts, limits), JudgeClock(facts, limits),
          JudgeFiles(facts, limits),      JudgePorts(facts, limits),
          JudgePortReuse(facts),          JudgeBacklog(facts, limits)};
}

HostState WorstOf(const std::vector<HostCheck>& checks) {
  HostState worst = HostState::kGood;
  for (const HostCheck& check : checks) {
    if (check.state != HostState::kUnknown) {
      worst = std::max(worst, check.state);
    }
  }
  return worst;
}

}  // namespace weir::analysis
