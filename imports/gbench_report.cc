#include "imports/gbench_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "imports/internal/draft.h"

namespace weir::imports {
namespace {

using internal::NumberAt;
using internal::TextAt;
using internal::Wrong;
using nlohmann::json;

constexpr std::string_view kShape =
    R"(--benchmark_format=json writes {"context": {...}, "benchmarks": [{"name": ..., )"
    R"("real_time": ..., "time_unit": "ns"}]})";

// What a row says of itself, not what a user's counter counted.
constexpr std::array<std::string_view, 10> kOwnFields = {
    "family_index",   "per_family_instance_index",
    "repetitions",    "repetition_index",
    "threads",        "iterations",
    "aggregate_name", "aggregate_unit",
    "real_time",      "cpu_time"};

std::string Found(const json& value) {
  return internal::Found(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::optional<double> NsPer(std::string_view unit) {
  // Without a unit it is the default of the library.
  constexpr std::array<std::pair<std::string_view, double>, 5> kUnits = {
      {{"", 1}, {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}};
  for (const auto& [name, factor] : kUnits) {
    if (name == unit) {
      return factor;
    }
  }
  return std::nullopt;
}

// A time of the row in ns; the error names benchmark and field.
Result<double> TimeOf(const ImportSource& source, const json& row, const char* key,
                      double ns_per_unit) {
  const std::optional<double> time = NumberAt(row, key);
  if (!time || *time < 0) {
    return Wrong(source, 0,
                 fmt::format("benchmark '{}': its {} is {}", Printable(TextAt(row, "name"), 100),
                             key, Found(row.value(key, json()))),
                 "it must be a number, 0 or more");
  }
  return *time * ns_per_unit;
}

Status FillValues(const ImportSource& source, const json& row, GbenchRepetition& repetition) {
  const std::optional<double> factor = NsPer(TextAt(row, "time_unit"));
  if (!factor) {
    return Wrong(
        source, 0,
        fmt::format("benchmark '{}': its time_unit is {}", Printable(repetition.benchmark, 100),
                    Found(row.value("time_unit", json()))),
        "it must be ns, us, ms or s");
  }
  const Result<double> real = TimeOf(source, row, "real_time", *factor);
  if (!real) {
    return tl::unexpected(real.error());
  }
  repetition.real_time_ns = *real;
  if (row.contains("cpu_time")) {
    const Result<double> cpu = TimeOf(source, row, "cpu_time", *factor);
    if (!cpu) {
      return tl::unexpected(cpu.error());
    }
    repetition.cpu_time_ns = *cpu;
  }
  for (const auto& [key, value] : row.items()) {
    const bool own = std::find(kOwnFields.begin(), kOwnFields.end(), key) != kOwnFields.end();
    if (!own && value.is_number() && std::isfinite(value.get<double>())) {
      repetition.counters.emplace_back(key, value.get<double>());
    }
  }
  return {};
}

Status AddRow(const ImportSource& source, const json& row, GbenchReport& report) {
  const std::string name = TextAt(row, "name");
  if (name.empty()) {
    return Wrong(source, 0, fmt::format("a benchmark without a name: {}", Found(row)), kShape);
  }
  if (TextAt(row, "run_type") == "aggregate") {
    ++report.aggregates;
    return {};
  }
  GbenchRepetition repetition;
  // Older versions have no run_name; there, all repetitions have the plain name.
  const std::string run_name = TextAt(row, "run_name");
  repetition.benchmark = run_name.empty() ? name : run_name;
  repetition.iterations =
      std::max<std::uint64_t>(internal::CountAt(row, "iterations").value_or(1), 1);
  repetition.failed = row.value("error_occurred", json(false)) == json(true);
  if (repetition.failed) {
    repetition.error = TextAt(row, "error_message");
  } else if (Status filled = FillValues(source, row, repetition); !filled) {
    return filled;
  }
  report.repetitions.push_back(std::move(repetition));
  return {};
}

std::string UnitOf(std::string_view counter) {
  return counter == "items_per_second"   ? "per_s"
         : counter == "bytes_per_second" ? "bytes_per_s"
                                         : "count";
}

// Fills a run repetition by repetition.
class RunBuilder {
 public:
  explicit RunBuilder(Run& run) : run_(run) {}

  void Add(const GbenchRepetition& repetition) {
    const std::string& step = repetition.benchmark;
    if (repetition.failed) {
      run_.state = RunState::kAborted;
      run_.state_reason = fmt::format("benchmark '{}' reported an error: {}", Printable(step, 100),
                                      Printable(repetition.error, 300));
      return;
    }
    Put(step, "real_time", "ns", repetition.real_time_ns);
    if (repetition.cpu_time_ns) {
      Put(step, "cpu_time", "ns", *repetition.cpu_time_ns);
    }
    for (const auto& [name, value] : repetition.counters) {
      Put(step, name, UnitOf(name), value);
    }
  }

 private:
  void Put(const std::string& step, const std::string& name, std::string unit, double value) {
    const auto [found, is_new] =
        steps_.emplace(step, static_cast<std::uint32_t>(run_.plan.steps.size()));
    if (is_new) {
      run_.plan.steps.push_back({"benchmark", step});
    }
    const auto [place, is_first] =
        series_.emplace(std::pair(found->second, name), run_.measurements.size());
    if (is_first) {
      run_.measurements.push_back({found->second, name, std::move(unit), {}});
    }
    run_.measurements[place->second].values.push_back(value);
  }

  Run& run_;
  std::map<std::string, std::uint32_t> steps_;
  std::map<std::pair<std::uint32_t, std::string>, std::size_t> series_;
};

}  // namespace

Result<GbenchReport> ReadGbenchReport(const ImportSource& source) {
  const Result<json> file = internal::ParseJson(source, kShape);
  if (!file) {
    return tl::unexpected(file.error());
  }
  const json rows = file->is_object() ? file->value("benchmarks", json()) : json();
  if (!rows.is_array()) {
    return Wrong(source, 0, "it has no list 'benchmarks'", kShape);
  }
  if (rows.size() > kBenchmarksMax) {
    return Wrong(source, 0, fmt::format("it has more than {} benchmarks", kBenchmarksMax),
                 "run or import fewer at a time");
  }
  GbenchReport report;
  const json context = file->value("context", json());
  const std::string path = TextAt(context, "executable");
  report.executable = path.substr(path.rfind('/') + 1);
  report.date = TextAt(context, "date");
  for (const json& row : rows) {
    if (Status added = AddRow(source, row, report); !added) {
      return tl::unexpected(added.error());
    }
  }
  return report;
}

Result<Run> ReadGoogleBenchmark(std::string_view text, const std::string& path) {
  const ImportSource source = {.path = path, .text = text};
  const Result<GbenchReport> report = ReadGbenchReport(source);
  if (!report) {
    return tl::unexpected(report.error());
  }
  Run run;
  run.state = RunState::kComplete;
  run.plan.scenario = "gbench:" + report->executable;
  RunBuilder builder(run);
  for (const GbenchRepetition& repetition : report->repetitions) {
    builder.Add(repetition);
  }
  if (run.measurements.empty()) {
    return Wrong(source, 0,
                 run.state == RunState::kAborted
                     ? run.state_reason
                     : fmt::format("no benchmark ran; it has {} aggregates", report->aggregates),
                 "let at least one run, without --benchmark_report_aggregates_only: every "
                 "repetition counts");
  }
  return run;
}

}  // namespace weir::imports
