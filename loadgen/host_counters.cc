#include "loadgen/host_counters.h"

#include <array>
#include <charconv>
#include <chrono>
#include <fstream>
#include <vector>

#include <fmt/format.h>

namespace weir::loadgen {
namespace {

constexpr std::size_t kFileBytesMax = 64 * 1024;

// The words of `text` up to the end of its first line.
std::vector<std::string_view> WordsOfLine(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
      return words;
    }
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<std::uint64_t> Number(std::string_view word) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) {
    return std::nullopt;
  }
  return value;
}

// The number that follows `key` at the beginning of a line.
std::optional<std::uint64_t> NumberAfter(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::vector<std::string_view> words = WordsOfLine(text);
    if (words.size() == 2 && words[0] == key) {
      return Number(words[1]);
    }
    const std::size_t end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return std::nullopt;
}

bool ListHas(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == name) {
      return true;
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace

std::optional<MachineTicks> ParseMachineTicks(std::string_view text) {
  // cpu user nice system idle iowait irq softirq steal guest guest_nice; guests are in user.
  constexpr std::size_t kIdle = 4;
  constexpr std::size_t kWaitsForDisk = 5;
  constexpr std::size_t kSteal = 8;
  const std::vector<std::string_view> words = WordsOfLine(text);
  if (words.size() <= kSteal || words[0] != "cpu") {
    return std::nullopt;
  }
  std::array<std::uint64_t, kSteal + 1> ticks{};
  MachineTicks machine;
  for (std::size_t i = 1; i <= kSteal; ++i) {
    const std::optional<std::uint64_t> value = Number(words[i]);
    if (!value) {
      return std::nullopt;
    }
    ticks[i] = *value;
    machine.total += *value;
  }
  machine.idle = ticks[kIdle] + ticks[kWaitsForDisk];
  machine.steal = ticks[kSteal];
  return machine;
}

std::optional<ThreadUsage> ParseThreadUsage(std::string_view text) {
  const std::vector<std::string_view> words = WordsOfLine(text);
  if (words.size() != 3) {
    return std::nullopt;
  }
  const std::optional<std::uint64_t> cpu = Number(words[0]);
  const std::optional<std::uint64_t> wait = Number(words[1]);
  if (!cpu || !wait) {
    return std::nullopt;
  }
  return ThreadUsage{Nanos(static_cast<std::int64_t>(*cpu)),
                     Nanos(static_cast<std::int64_t>(*wait))};
}

std::optional<Nanos> ParseThrottled(std::string_view text) {
  if (const auto micros = NumberAfter(text, "throttled_usec")) {
    return std::chrono::microseconds(*micros);
  }
  if (const auto nanos = NumberAfter(text, "throttled_time")) {
    return Nanos(static_cast<std::int64_t>(*nanos));
  }
  return std::nullopt;
}

std::optional<Nanos> ParseCpuUsage(std::string_view text) {
  if (const auto micros = NumberAfter(text, "usage_usec")) {
    return std::chrono::microseconds(*micros);
  }
  const std::vector<std::string_view> words = WordsOfLine(text);
  const auto nanos = words.size() == 1 ? Number(words[0]) : std::nullopt;
  return nanos ? std::optional(Nanos(static_cast<std::int64_t>(*nanos))) : std::nullopt;
}

std::optional<double> ParseByteCount(std::string_view text) {
  const std::vector<std::string_view> words = WordsOfLine(text);
  const auto count = words.size() == 1 ? Number(words[0]) : std::nullopt;
  return count ? std::optional(static_cast<double>(*count)) : std::nullopt;
}

std::optional<ProcessStat> ParseProcessStat(std::string_view text) {
  // The name of the program stands in brackets and may itself hold brackets and spaces. Numbers as
  // in proc(5), less the two before.
  constexpr std::size_t kState = 0;
  constexpr std::size_t kUser = 11;
  constexpr std::size_t kChildrenSystem = 14;
  constexpr std::size_t kStarted = 19;
  constexpr std::size_t kResident = 21;
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::vector<std::string_view> words = WordsOfLine(text.substr(name_end + 1));
  if (words.size() <= kResident) {
    return std::nullopt;
  }
  ProcessStat stat;
  stat.ended = words[kState] == "Z" || words[kState] == "X";
  for (std::size_t i = kUser; i <= kChildrenSystem; ++i) {
    const std::optional<std::uint64_t> ticks = Number(words[i]);
    if (!ticks) {
      return std::nullopt;
    }
    stat.cpu_ticks += *ticks;
  }
  const std::optional<std::uint64_t> started = Number(words[kStarted]);
  const std::optional<std::uint64_t> resident = Number(words[kResident]);
  if (!started || !resident) {
    return std::nullopt;
  }
  stat.started_ticks = *started;
  stat.resident_pages = *resident;
  return stat;
}

std::string ControlGroupOf(std::string_view cgroup_text, std::string_view controller) {
  std::string found;
  while (!cgroup_text.empty()) {
    const std::size_t end = std::min(cgroup_text.find('\n'), cgroup_text.size());
    const std::string_view line = cgroup_text.substr(0, end);
    cgroup_text.remove_prefix(std::min(end + 1, cgroup_text.size()));
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) {
      continue;
    }
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string_view path = line.substr(second + 1);
    if (ListHas(controllers, controller)) {
      return fmt::format("/sys/fs/cgroup/{}{}", controllers, path);
    }
    if (controllers.empty()) {
      found = fmt::format("/sys/fs/cgroup{}", path);
    }
  }
  return found;
}

std::optional<std::string> ReadSmallFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return std::nullopt;
  }
  std::string text(kFileBytesMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::optional<MachineTicks> ReadMachineTicks() {
  const auto text = ReadSmallFile("/proc/stat");
  return text ? ParseMachineTicks(*text) : std::nullopt;
}

std::optional<ThreadUsage> ReadThreadUsage(int tid) {
  const auto text = ReadSmallFile(fmt::format("/proc/self/task/{}/schedstat", tid));
  return text ? ParseThreadUsage(*text) : std::nullopt;
}

std::optional<Nanos> ReadThrottled() {
  const auto groups = ReadSmallFile("/proc/self/cgroup");
  const std::string directory = groups ? ControlGroupOf(*groups, "cpu") : std::string();
  if (directory.empty()) {
    return std::nullopt;
  }
  const auto text = ReadSmallFile(directory + "/cpu.stat");
  return text ? ParseThrottled(*text) : std::nullopt;
}

}  // namespace weir::loadgen
