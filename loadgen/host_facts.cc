#include "loadgen/host_facts.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "loadgen/resources.h"

namespace weir::loadgen {
namespace {

constexpr std::string_view kSpaces = " \t\n";

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
  text = Trimmed(text);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

template <typename Number>
std::optional<Number> ReadNumber(const std::string& path) {
  const std::optional<std::string> text = ReadSmallFile(path);
  return text ? ParseNumber<Number>(*text) : std::nullopt;
}

std::string ReadWord(const std::string& path) {
  const std::optional<std::string> text = ReadSmallFile(path);
  return text ? std::string(Trimmed(*text)) : std::string();
}

std::vector<std::string> ReadGovernors(const std::string& root) {
  std::vector<std::string> names;
  for (const int cpu : AllowedCpus()) {
    std::string name = ReadWord(
        fmt::format("{}/sys/devices/system/cpu/cpu{}/cpufreq/scaling_governor", root, cpu));
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

// The least of a control group and those above it, as any of them stops its processes.
std::optional<double> ReadQuota(const std::string& root) {
  const std::optional<std::string> groups = ReadSmallFile(root + "/proc/self/cgroup");
  std::string directory = groups ? ControlGroupOf(*groups, "cpu") : std::string();
  std::optional<double> least;
  constexpr std::string_view kMount = "/sys/fs/cgroup";
  while (directory.size() >= kMount.size()) {
    const std::string path = root + directory;
    std::optional<double> quota;
    if (const std::optional<std::string> max = ReadSmallFile(path + "/cpu.max")) {
      quota = ParseQuota(*max);
    } else if (const auto quota_us = ReadNumber<std::int64_t>(path + "/cpu.cfs_quota_us")) {
      const auto period_us = ReadNumber<std::int64_t>(path + "/cpu.cfs_period_us");
      if (*quota_us > 0 && period_us.value_or(0) > 0) {
        quota = static_cast<double>(*quota_us) / static_cast<double>(*period_us);
      }
    }
    if (quota) {
      least = std::min(*quota, least.value_or(*quota));
    }
    directory.erase(directory.find_last_of('/'));
  }
  return least;
}

// Asks for what this thread has already, so that nothing changes.
std::optional<bool> CanPin() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) {
    return std::nullopt;
  }
  return pthread_setaffinity_np(pthread_self(), sizeof(set), &set) == 0;
}

// The least of many batches: what interrupts the others is not the clock's cost.
double ClockReadNs(const Clock& clock) {
  constexpr int kBatches = 50;
  constexpr int kReadings = 200;
  Nanos least = Nanos::max();
  for (int batch = 0; batch < kBatches; ++batch) {
    const Instant begun = clock.Now();
    Instant last = begun;
    for (int i = 0; i < kReadings; ++i) {
      last = clock.Now();
    }
    least = std::min(least, last - begun);
  }
  return static_cast<double>(least.count()) / kReadings;
}

std::uint64_t HardFileLimit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max
                                               : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

std::optional<PortRange> ParsePortRange(std::string_view text) {
  text = Trimmed(text);
  const std::size_t gap = text.find_first_of(kSpaces);
  if (gap == std::string_view::npos) {
    return std::nullopt;
  }
  const auto first = ParseNumber<std::uint32_t>(text.substr(0, gap));
  const auto last = ParseNumber<std::uint32_t>(text.substr(gap));
  if (!first || !last || *first > *last || *last > 65'535) {
    return std::nullopt;
  }
  return PortRange{*first, *last};
}

std::optional<double> ParseQuota(std::string_view cpu_max) {
  cpu_max = Trimmed(cpu_max);
  const std::size_t gap = cpu_max.find(' ');
  if (gap == std::string_view::npos) {
    return std::nullopt;
  }
  const auto quota_us = ParseNumber<std::uint64_t>(cpu_max.substr(0, gap));
  const auto period_us = ParseNumber<std::uint64_t>(cpu_max.substr(gap));
  if (!quota_us || period_us.value_or(0) == 0) {
    return std::nullopt;
  }
  return static_cast<double>(*quota_us) / static_cast<double>(*period_us);
}

HostFacts ReadHostFacts(const Clock& clock, const std::string& root) {
  HostFacts facts;
  facts.cores_online = static_cast<std::uint32_t>(get_nprocs());
  facts.cores_usable = static_cast<std::uint32_t>(AllowedCpus().size());
  facts.quota_cores = ReadQuota(root);
  facts.can_pin = CanPin();
  if (const auto smt = ReadNumber<int>(root + "/sys/devices/system/cpu/smt/active")) {
    facts.smt = *smt != 0;
  }
  facts.governors = ReadGovernors(root);
  facts.clock_source =
      ReadWord(root + "/sys/devices/system/clocksource/clocksource0/current_clocksource");
  facts.clock_read_ns = ClockReadNs(clock);
  facts.files_max = HardFileLimit();
  if (const auto ports = ReadSmallFile(root + "/proc/sys/net/ipv4/ip_local_port_range")) {
    facts.ports = ParsePortRange(*ports);
  }
  facts.port_reuse = ReadNumber<int>(root + "/proc/sys/net/ipv4/tcp_tw_reuse");
  facts.timestamps = ReadNumber<int>(root + "/proc/sys/net/ipv4/tcp_timestamps");
  facts.backlog_max = ReadNumber<std::uint64_t>(root + "/proc/sys/net/core/somaxconn");
  return facts;
}

MachineMeter::MachineMeter()
    : before_(ReadMachineTicks()), cpu_s_before_(ReadProcessUsage().cpu_s) {}

void MachineMeter::Put(HostFacts& facts) const {
  const std::optional<MachineTicks> now = ReadMachineTicks();
  if (!now || !before_ || now->total <= before_->total) {
    return;
  }
  const auto of = [&](std::uint64_t MachineTicks::*member) {
    return static_cast<double>((*now).*member - (*before_).*member);
  };
  facts.steal = of(&MachineTicks::steal) / of(&MachineTicks::total);
  const double busy_s =
      (of(&MachineTicks::total) - of(&MachineTicks::idle) - of(&MachineTicks::steal)) /
      static_cast<double>(sysconf(_SC_CLK_TCK));
  const double span_s = of(&MachineTicks::total) / static_cast<double>(sysconf(_SC_CLK_TCK)) /
                        std::max(1, get_nprocs());
  const double own_s = ReadProcessUsage().cpu_s - cpu_s_before_;
  facts.others_cores = std::max(0.0, busy_s - own_s) / span_s;
}

}  // namespace weir::loadgen
