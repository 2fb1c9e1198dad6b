#include "reports/internal/use_json.h"

#include <map>
#include <string>
#include <utility>

namespace weir::reports {
namespace {

/// Values of one name, by second.
struct Line {
  std::vector<std::uint32_t> seconds;
  std::vector<double> values;

  void Add(std::uint32_t second, double value) {
    if (seconds.empty() || second > seconds.back()) {
      seconds.push_back(second);
      values.push_back(value);
    }
  }
};

// By how much a counter rose each second; one that went back was reset, and says nothing there.
Line RateOf(const Line& counter) {
  Line rate;
  for (std::size_t i = 1; i < counter.seconds.size(); ++i) {
    const double rise = counter.values[i] - counter.values[i - 1];
    if (rise >= 0) {
      rate.Add(counter.seconds[i], rise / (counter.seconds[i] - counter.seconds[i - 1]));
    }
  }
  return rate;
}

Line Thinned(const Line& line) {
  const std::size_t every = (line.seconds.size() + kUsePointsMax - 1) / kUsePointsMax;
  Line thin;
  for (std::size_t i = 0; i < line.seconds.size(); i += every) {
    thin.Add(line.seconds[i], line.values[i]);
  }
  return thin;
}

struct Naming {
  std::string_view name;
  std::string_view of;
  std::string_view unit;
};

void Put(Json& json, const Naming& naming, const Line& line) {
  if (line.seconds.empty()) {
    return;
  }
  const Line thin = Thinned(line);
  json.push_back({{"name", naming.name},
                  {"of", naming.of},
                  {"unit", naming.unit},
                  {"second", thin.seconds},
                  {"values", thin.values}});
}

std::string_view UnitOf(const TargetMetric& metric) {
  const std::string_view name = metric.name;
  const bool cpu = name.ends_with("_cpu_s");
  return cpu                        ? "processors"
         : metric.IsCounter()       ? "per_s"
         : name.ends_with("_bytes") ? "bytes"
                                    : "";
}

}  // namespace

Json UseToJson(const std::vector<ResourceSample>& resources,
               const std::vector<TargetSample>& target) {
  Line cpu;
  Line memory;
  Line in_flight;
  Line connections;
  for (const ResourceSample& sample : resources) {
    cpu.Add(sample.second, sample.cpu_s);
    memory.Add(sample.second, static_cast<double>(sample.rss_bytes));
    in_flight.Add(sample.second, sample.in_flight);
    connections.Add(sample.second, sample.connections);
  }
  Json json = Json::array();
  Put(json, {"processor", "generator", "processors"}, RateOf(cpu));
  Put(json, {"memory", "generator", "bytes"}, memory);
  Put(json, {"in flight", "generator", ""}, in_flight);
  Put(json, {"connections", "generator", ""}, connections);
  std::map<std::string, Line> lines;
  for (const TargetSample& sample : target) {
    for (const TargetValue& value : sample.values) {
      lines[value.name].Add(sample.second, value.value);
    }
  }
  for (const auto& [name, line] : lines) {
    TargetMetric metric;
    metric.name = name;
    Put(json, {name, "target", UnitOf(metric)}, metric.IsCounter() ? RateOf(line) : line);
  }
  return json;
}

}  // namespace weir::reports
