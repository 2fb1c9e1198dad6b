#include "imports/gbench_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace weir::imports {
namespace {

using nlohmann::json;

// What a row says of itself, not what it measured.
constexpr std::array<std::string_view, 10> kNotMeasured = {
    "family_index",   "per_family_instance_index",
    "repetitions",    "repetition_index",
    "threads",        "iterations",
    "aggregate_name", "aggregate_unit",
    "real_time",      "cpu_time"};

tl::unexpected<Error> Wrong(const std::string& path, const std::string& what,
                            std::string_view fix) {
  return UsageError(fmt::format("{}: {}\n  hint: {}", Printable(path), what, fix));
}

std::string Found(const json& value) {
  constexpr std::size_t kShown = 40;
  return Printable(value.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, kShown));
}

std::string TextOf(const json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<double> NsPer(std::string_view unit) {
  constexpr std::array<std::pair<std::string_view, double>, 4> kUnits = {
      {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}};
  for (const auto& [name, factor] : kUnits) {
    if (name == unit) {
      return factor;
    }
  }
  return std::nullopt;
}

std::string UnitOf(std::string_view counter) {
  return counter == "items_per_second"   ? "per_s"
         : counter == "bytes_per_second" ? "bytes_per_s"
                                         : "count";
}

// Fills a run row by row.
class Reader {
 public:
  Reader(const std::string& path, Run& run) : path_(path), run_(run) {}

  Status Add(const json& row) {
    const std::string name = row.is_object() ? TextOf(row, "name") : std::string();
    if (name.empty()) {
      return Wrong(path_, fmt::format("a benchmark without a name: {}", Found(row)),
                   "give a file that a Google Benchmark program wrote");
    }
    if (TextOf(row, "run_type") == "aggregate") {
      ++aggregates_;
      return {};
    }
    // Older versions have no run_name; there, all repetitions have the plain name.
    const std::string step = TextOf(row, "run_name").empty() ? name : TextOf(row, "run_name");
    if (row.value("error_occurred", json(false)) == json(true)) {
      run_.state = RunState::kAborted;
      run_.state_reason = fmt::format("benchmark '{}' reported an error: {}", Printable(step, 100),
                                      Printable(TextOf(row, "error_message"), 300));
      return {};
    }
    return AddValues(step, row);
  }

  std::size_t aggregates() const { return aggregates_; }

 private:
  Status AddValues(const std::string& step, const json& row) {
    const std::optional<double> factor = NsPer(TextOf(row, "time_unit"));
    if (!factor) {
      return Wrong(path_,
                   fmt::format("benchmark '{}': its time_unit is {}", Printable(step, 100),
                               Found(row.value("time_unit", json()))),
                   "it must be ns, us, ms or s");
    }
    for (const char* key : {"real_time", "cpu_time"}) {
      const json value = row.value(key, json());
      if (!value.is_number() || !std::isfinite(value.get<double>())) {
        return Wrong(
            path_,
            fmt::format("benchmark '{}': its {} is {}", Printable(step, 100), key, Found(value)),
            "it must be a number");
      }
      Put(step, key, "ns", value.get<double>() * *factor);
    }
    for (const auto& [key, value] : row.items()) {
      const bool known =
          std::find(kNotMeasured.begin(), kNotMeasured.end(), key) != kNotMeasured.end();
      if (!known && value.is_number() && std::isfinite(value.get<double>())) {
        Put(step, key, UnitOf(key), value.get<double>());
      }
    }
    return {};
  }

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

  const std::string& path_;
  Run& run_;
  std::map<std::string, std::uint32_t> steps_;
  std::map<std::pair<std::uint32_t, std::string>, std::size_t> series_;
  std::size_t aggregates_ = 0;
};

std::string ExecutableOf(const json& file) {
  const std::string path = TextOf(file.value("context", json::object()), "executable");
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

Result<Run> ReadGoogleBenchmark(std::string_view text, const std::string& path) {
  const json file = json::parse(text, nullptr, false);
  const json rows = file.is_object() ? file.value("benchmarks", json()) : json();
  if (!rows.is_array() || rows.empty() || rows.size() > kBenchmarksMax) {
    return Wrong(path,
                 rows.is_array() ? fmt::format("it has {} benchmarks", rows.size())
                                 : std::string("it is not JSON with a list 'benchmarks'"),
                 fmt::format("give what a program writes with --benchmark_format=json: 1 to {} "
                             "benchmarks",
                             kBenchmarksMax));
  }
  Run run;
  run.state = RunState::kComplete;
  run.plan.scenario = "gbench:" + ExecutableOf(file);
  Reader reader(path, run);
  for (const json& row : rows) {
    if (Status added = reader.Add(row); !added) {
      return tl::unexpected(added.error());
    }
  }
  if (run.measurements.empty()) {
    return Wrong(path,
                 run.state == RunState::kAborted
                     ? run.state_reason
                     : fmt::format("it has only aggregates ({})", reader.aggregates()),
                 "leave out --benchmark_report_aggregates_only: every repetition counts");
  }
  return run;
}

}  // namespace weir::imports
