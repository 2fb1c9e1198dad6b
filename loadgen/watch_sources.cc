#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"
#include "loadgen/host_counters.h"
#include "loadgen/target_watch.h"

namespace weir::loadgen {
namespace {

// Descendants beyond are left out: somebody forks without end.
constexpr std::size_t kProcessesMax = 4096;

std::optional<int> ParsePid(std::string_view text) {
  int pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(pid)
                                                                  : std::nullopt;
}

std::string TextOf(const std::filesystem::path& path) {
  return ReadSmallFile(path.string()).value_or(std::string());
}

class ProcessSource final : public WatchSource {
 public:
  ProcessSource(int pid, const std::string& root) : pid_(pid), proc_(root + "/proc") {}

  std::string Name() const override { return fmt::format("process {}", pid_); }

  Result<std::vector<TargetValue>> Read() override {
    const std::optional<ProcessStat> own = ReadStat(pid_);
    if (!own && !started_ticks_) {
      return Unavailable(
          fmt::format("there is no process {}, or this user may not see it (--watch-pid)", pid_));
    }
    // Another start: the number has been given to another process.
    if (!own || own->ended || (started_ticks_ && *started_ticks_ != own->started_ticks)) {
      return Unavailable(fmt::format("process {} has ended", pid_));
    }
    started_ticks_ = own->started_ticks;
    std::uint64_t cpu_ticks = 0;
    std::uint64_t pages = 0;
    for (const int pid : Tree()) {
      if (const std::optional<ProcessStat> stat = pid == pid_ ? own : ReadStat(pid)) {
        cpu_ticks += stat->cpu_ticks;
        pages += stat->ended ? 0 : stat->resident_pages;
      }
    }
    // A child that nobody waits for takes its time with it; time does not run back for that.
    cpu_ticks_ = std::max(cpu_ticks_, cpu_ticks);
    return std::vector<TargetValue>{
        {"process_cpu_s", static_cast<double>(cpu_ticks_) / ticks_per_s_},
        {"process_memory_bytes", static_cast<double>(pages) * page_bytes_}};
  }

 private:
  std::optional<ProcessStat> ReadStat(int pid) const {
    return ParseProcessStat(TextOf(proc_ / std::to_string(pid) / "stat"));
  }

  // The process and its descendants, each once.
  std::vector<int> Tree() const {
    std::vector<int> found = {pid_};
    for (std::size_t i = 0; i < found.size() && found.size() < kProcessesMax; ++i) {
      std::error_code failed;
      const std::filesystem::directory_iterator threads(proc_ / std::to_string(found[i]) / "task",
                                                        failed);
      for (const auto& thread : threads) {
        std::string children = TextOf(thread.path() / "children");
        std::string_view left = children;
        while (!left.empty()) {
          const std::size_t end = std::min(left.find(' '), left.size());
          if (const std::optional<int> pid = ParsePid(left.substr(0, end))) {
            found.push_back(*pid);
          }
          left.remove_prefix(std::min(end + 1, left.size()));
        }
      }
    }
    return found;
  }

  const int pid_;
  const std::filesystem::path proc_;
  const double ticks_per_s_ = static_cast<double>(sysconf(_SC_CLK_TCK));
  const double page_bytes_ = static_cast<double>(sysconf(_SC_PAGESIZE));
  std::optional<std::uint64_t> started_ticks_;
  std::uint64_t cpu_ticks_ = 0;
};

class ControlGroupSource final : public WatchSource {
 public:
  ControlGroupSource(const std::string& path, const std::string& root)
      : path_(path), directories_(DirectoriesOf(path, root)) {}

  std::string Name() const override { return fmt::format("control group '{}'", Printable(path_)); }

  Result<std::vector<TargetValue>> Read() override {
    std::vector<TargetValue> values;
    const auto add = [&values](const char* name, std::optional<double> value) {
      if (value) {
        values.push_back({name, *value});
      }
    };
    const std::string cpu_stat = First("cpu.stat");
    std::optional<Nanos> used = ParseCpuUsage(cpu_stat);
    if (!used) {
      used = ParseCpuUsage(First("cpuacct.usage"));
    }
    add("cgroup_cpu_s", used ? std::optional(Seconds(*used)) : std::nullopt);
    const std::optional<Nanos> throttled = ParseThrottled(cpu_stat);
    add("cgroup_throttled_s_total", throttled ? std::optional(Seconds(*throttled)) : std::nullopt);
    std::string memory = First("memory.current");
    if (memory.empty()) {
      memory = First("memory.usage_in_bytes");
    }
    add("cgroup_memory_bytes", ParseByteCount(memory));
    if (values.empty()) {
      return Unavailable(
          seen_ ? fmt::format("{} is gone", Name())
                : fmt::format("there is no {} with a cpu or memory controller (--watch-cgroup)",
                              Name()));
    }
    seen_ = true;
    return values;
  }

 private:
  // Where the files of the group may lie: as it is said; below the mount of version 2; and, in
  // version 1, once for each controller.
  static std::vector<std::string> DirectoriesOf(std::string_view path, const std::string& root) {
    constexpr std::string_view kMount = "/sys/fs/cgroup/";
    constexpr std::array<std::string_view, 5> kControllers = {"cpu", "cpuacct", "cpu,cpuacct",
                                                              "memory", "unified"};
    std::vector<std::string> directories;
    if (path.starts_with('/')) {
      directories.push_back(root + std::string(path));
    }
    if (path.starts_with(kMount)) {
      path.remove_prefix(kMount.size());
    }
    while (path.starts_with('/')) {
      path.remove_prefix(1);
    }
    const std::string_view first = path.substr(0, path.find('/'));
    if (std::find(kControllers.begin(), kControllers.end(), first) != kControllers.end()) {
      path.remove_prefix(std::min(first.size() + 1, path.size()));
    }
    directories.push_back(fmt::format("{}{}{}", root, kMount, path));
    for (const std::string_view controller : kControllers) {
      directories.push_back(fmt::format("{}{}{}/{}", root, kMount, controller, path));
    }
    return directories;
  }

  std::string First(std::string_view file) const {
    for (const std::string& directory : directories_) {
      std::string text = TextOf(std::filesystem::path(directory) / file);
      if (!text.empty()) {
        return text;
      }
    }
    return {};
  }

  const std::string path_;
  const std::vector<std::string> directories_;
  bool seen_ = false;
};

}  // namespace

std::unique_ptr<WatchSource> WatchProcess(int pid, const std::string& root) {
  return std::make_unique<ProcessSource>(pid, root);
}

std::unique_ptr<WatchSource> WatchControlGroup(const std::string& path, const std::string& root) {
  return std::make_unique<ControlGroupSource>(path, root);
}

}  // namespace weir::loadgen
