#include "monitor/sources/host_reader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "loadgen/metrics_text.h"
#include "monitor/sources/kernel_text.h"

namespace weir::monitor {
namespace {

constexpr std::string_view kBlank = " \t:";

/// The words of a line.
std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) {
      return words;
    }
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(kBlank), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

template <typename Visitor>
void ForEachLine(std::string_view text, Visitor visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    visit(Words(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

/// What one look collects.
class HostReader::Page {
 public:
  explicit Page(HostReader& reader) : reader_(reader) {}

  void Put(const std::string& metric, double value, const std::string& device = "") {
    Put(metric, value, "device", device);
  }

  void Put(const std::string& metric, double value, const char* label, const std::string& text) {
    std::shared_ptr<const SeriesName>& name = reader_.names_[{metric, text}];
    if (name == nullptr) {
      Labels labels;
      if (!text.empty()) {
        labels.emplace(label, text);
      }
      name = std::make_shared<const SeriesName>(SeriesName{metric, std::move(labels)});
    }
    reading_.Ingest({name, value});
  }

  void ReadMemory(std::string_view text);
  void ReadPressure(std::string_view text, std::string_view resource);
  void ReadNetwork(std::string_view text);

  Reading Take() { return std::move(reading_); }

 private:
  HostReader& reader_;
  Reading reading_;
};

void HostReader::Page::ReadMemory(std::string_view text) {
  ForEachLine(text, [&](const std::vector<std::string_view>& words) {
    if (words.size() < 2 || (words[0] != "MemTotal" && words[0] != "MemAvailable")) {
      return;
    }
    if (const auto kibibytes = loadgen::ParseMetricValue(words[1])) {
      Put(fmt::format("node_memory_{}_bytes", words[0]), *kibibytes * 1024);
    }
  });
}

void HostReader::Page::ReadPressure(std::string_view text, std::string_view resource) {
  for (const auto& [kind, what] : {std::pair{"some", "waiting"}, std::pair{"full", "stalled"}}) {
    const auto seconds = PressureSeconds(text, kind);
    // A processor that all wait for does not exist: the kernel writes zeros.
    if (seconds && !(resource == "cpu" && std::string_view(kind) == "full")) {
      Put(fmt::format("node_pressure_{}_{}_seconds_total", resource, what), *seconds);
    }
  }
}

void HostReader::Page::ReadNetwork(std::string_view text) {
  ForEachLine(text, [&](const std::vector<std::string_view>& words) {
    if (words.size() < 10 || words[0] == "lo" || words[0] == "Inter-|" || words[0] == "face") {
      return;
    }
    const auto received = loadgen::ParseMetricValue(words[1]);
    const auto sent = loadgen::ParseMetricValue(words[9]);
    if (received && sent) {
      const std::string device(words[0]);
      Put("node_network_receive_bytes_total", *received, device);
      Put("node_network_transmit_bytes_total", *sent, device);
    }
  });
}

Result<Reading> HostReader::Read() {
  const auto text_of = [this](const char* file) {
    return loadgen::ReadSmallFile(root_ + "/proc/" + file).value_or("");
  };
  const auto ticks = loadgen::ParseMachineTicks(text_of("stat"));
  if (!ticks) {
    return Unavailable(fmt::format(
        "cannot read {}/proc/stat: is /proc mounted, and does the sandbox show it?", root_));
  }
  Page page(*this);
  if (last_ && ticks->total > last_->total && ticks->idle >= last_->idle &&
      ticks->steal >= last_->steal) {
    const auto all = static_cast<double>(ticks->total - last_->total);
    const auto idle = static_cast<double>(ticks->idle - last_->idle);
    const auto steal = static_cast<double>(ticks->steal - last_->steal);
    page.Put("weir_host_cpu_busy_ratio", std::clamp((all - idle - steal) / all, 0.0, 1.0));
    page.Put("weir_host_cpu_steal_ratio", std::clamp(steal / all, 0.0, 1.0));
  }
  last_ = ticks;
  const std::string load = text_of("loadavg");
  if (const auto one = loadgen::ParseMetricValue(load.substr(0, load.find(' ')))) {
    page.Put("node_load1", *one);
  }
  page.ReadMemory(text_of("meminfo"));
  for (const char* resource : {"cpu", "io", "memory"}) {
    page.ReadPressure(text_of((std::string("pressure/") + resource).c_str()), resource);
  }
  page.ReadNetwork(text_of("net/dev"));
  if (cgroup_) {
    const Status read = cgroup_->Read(
        [&](const std::string& metric, double value) { page.Put(metric, value, "id", group_); });
    if (!read) {
      return tl::unexpected(read.error());
    }
  }
  return page.Take();
}

}  // namespace weir::monitor
