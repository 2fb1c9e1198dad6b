#include "monitor/sources/cgroup_reader.h"

#include <map>
#include <optional>

#include <fmt/format.h>

#include "loadgen/host_counters.h"
#include "monitor/sources/kernel_text.h"

namespace weir::monitor {
namespace {

constexpr double kNanosecondsPerS = 1e9;
constexpr double kMicrosecondsPerS = 1e6;

// Version 1 writes the largest number of pages for "no limit".
constexpr double kNoLimit = 9e18;

/// The files of a folder; what there is none of is the empty text.
class Files {
 public:
  explicit Files(std::string folder) : folder_(std::move(folder)) {}

  std::string Text(const std::string& file) const {
    return loadgen::ReadSmallFile(folder_ + "/" + file).value_or("");
  }

  std::optional<double> Number(const std::string& file) const { return NumberOf(Text(file)); }

 private:
  const std::string folder_;
};

/// Puts what is known, and remembers whether anything was.
class Known {
 public:
  explicit Known(const CgroupReader::Put& put) : put_(put) {}

  void Tell(const char* metric, std::optional<double> value, double per_unit = 1) {
    if (value) {
      put_(metric, *value / per_unit);
      any_ = true;
    }
  }

  bool any() const { return any_; }

 private:
  const CgroupReader::Put& put_;
  bool any_ = false;
};

void TellThrottling(Known& known, const std::string& stat, const char* throttled, double per_s) {
  known.Tell("container_cpu_cfs_periods_total", FieldOf(stat, "nr_periods"));
  known.Tell("container_cpu_cfs_throttled_periods_total", FieldOf(stat, "nr_throttled"));
  known.Tell("container_cpu_cfs_throttled_seconds_total", FieldOf(stat, throttled), per_s);
}

}  // namespace

bool CgroupReader::ReadUnified(const std::string& folder, const Put& put) const {
  const Files files(folder + group_);
  Known known(put);
  const std::string stat = files.Text("cpu.stat");
  known.Tell("container_cpu_usage_seconds_total", FieldOf(stat, "usage_usec"), kMicrosecondsPerS);
  TellThrottling(known, stat, "throttled_usec", kMicrosecondsPerS);
  known.Tell("container_memory_usage_bytes", files.Number("memory.current"));
  known.Tell("container_memory_max_usage_bytes", files.Number("memory.peak"));
  known.Tell("container_spec_memory_limit_bytes", files.Number("memory.max"));
  known.Tell("container_oom_events_total", FieldOf(files.Text("memory.events"), "oom_kill"));
  for (const char* resource : {"cpu", "io", "memory"}) {
    const std::string text = files.Text(fmt::format("{}.pressure", resource));
    for (const auto& [kind, what] : {std::pair{"some", "waiting"}, std::pair{"full", "stalled"}}) {
      known.Tell(fmt::format("container_pressure_{}_{}_seconds_total", resource, what).c_str(),
                 PressureSeconds(text, kind));
    }
  }
  return known.any();
}

bool CgroupReader::ReadVersion1(const Put& put) const {
  Known known(put);
  // Either is a link to the common mount where both are mounted together.
  const Files usage(mount_ + "/cpuacct" + group_);
  const Files cpu(mount_ + "/cpu" + group_);
  const Files memory(mount_ + "/memory" + group_);
  known.Tell("container_cpu_usage_seconds_total", usage.Number("cpuacct.usage"), kNanosecondsPerS);
  TellThrottling(known, cpu.Text("cpu.stat"), "throttled_time", kNanosecondsPerS);
  known.Tell("container_memory_usage_bytes", memory.Number("memory.usage_in_bytes"));
  known.Tell("container_memory_max_usage_bytes", memory.Number("memory.max_usage_in_bytes"));
  if (const auto limit = memory.Number("memory.limit_in_bytes"); limit && *limit < kNoLimit) {
    known.Tell("container_spec_memory_limit_bytes", limit);
  }
  known.Tell("container_oom_events_total", FieldOf(memory.Text("memory.oom_control"), "oom_kill"));
  return known.any();
}

Status CgroupReader::Read(const Put& put) const {
  if (loadgen::ReadSmallFile(mount_ + "/cgroup.controllers")) {
    if (ReadUnified(mount_, put)) {
      return {};
    }
  } else {
    // What both tell is what version 1 says: there the controllers are.
    std::map<std::string, double> told;
    const auto take = [&told](const std::string& metric, double value) { told[metric] = value; };
    const bool unified = ReadUnified(mount_ + "/unified", take);
    if (ReadVersion1(take) || unified) {
      for (const auto& [metric, value] : told) {
        put(metric, value);
      }
      return {};
    }
  }
  return Unavailable(fmt::format(
      "there is no control group {} with a cpu or memory controller below {}", group_, mount_));
}

}  // namespace weir::monitor
