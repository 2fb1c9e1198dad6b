#include "imports/run_list.h"

#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace weir::imports {
namespace {

using nlohmann::json;

constexpr std::uint64_t kNsPerUs = 1000;
constexpr std::uint64_t kLongestUs = Histogram::kHighestNs / kNsPerUs;
constexpr std::uint64_t kCountMax = 1'000'000'000'000;
constexpr std::int64_t kSlotMax = 1'000'000;
constexpr std::chrono::minutes kRunLength{1};
constexpr std::chrono::minutes kSlotLength{2};

// Where in the file something is wrong, for messages.
struct Place {
  const std::string& path;
  std::size_t run = 0;
};

tl::unexpected<Error> Wrong(const Place& place, const std::string& what, std::string_view fix) {
  return UsageError(fmt::format("{}: run {} of the list: {}\n  hint: {}", Printable(place.path),
                                place.run + 1, what, fix));
}

std::string Found(const json& value) {
  constexpr std::size_t kShown = 40;
  const std::string text =
      value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(0, kShown);
  return Printable(text);
}

std::optional<std::uint64_t> WholeUpTo(const json& value, std::uint64_t max) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > max) {
    return std::nullopt;
  }
  return value.get<std::uint64_t>();
}

constexpr std::string_view kLatencyFix =
    "a latency is a whole number of microseconds, at most 3600000000 (1 h)";

Status AddLatencies(const json& values, const Place& place, Histogram& into) {
  for (const json& value : values) {
    const auto latency_us = WholeUpTo(value, kLongestUs);
    if (!latency_us) {
      return Wrong(place, fmt::format("latencies_us holds {}", Found(value)), kLatencyFix);
    }
    into.RecordNs(*latency_us * kNsPerUs, 1);
  }
  return {};
}

Status AddBuckets(const json& pairs, const Place& place, Histogram& into) {
  for (const json& pair : pairs) {
    const bool is_pair = pair.is_array() && pair.size() == 2;
    const auto latency_us = is_pair ? WholeUpTo(pair[0], kLongestUs) : std::nullopt;
    const auto count = is_pair ? WholeUpTo(pair[1], kCountMax) : std::nullopt;
    if (!latency_us || !count) {
      return Wrong(place, fmt::format("histogram_us holds {}", Found(pair)),
                   "each entry is [latency in whole microseconds, count]");
    }
    into.RecordNs(*latency_us * kNsPerUs, *count);
  }
  return {};
}

Result<Histogram> ReadResponse(const json& source, const Place& place) {
  const json* latencies = source.contains("latencies_us") ? &source["latencies_us"] : nullptr;
  const json* buckets = source.contains("histogram_us") ? &source["histogram_us"] : nullptr;
  if ((latencies == nullptr) == (buckets == nullptr)) {
    return Wrong(place,
                 latencies == nullptr ? "it has neither latencies_us nor histogram_us"
                                      : "it has both latencies_us and histogram_us",
                 "give each run one of the two");
  }
  const json& values = latencies != nullptr ? *latencies : *buckets;
  if (!values.is_array() || values.empty()) {
    return Wrong(place, fmt::format("its latencies are {}", Found(values)),
                 "give a list with at least one request");
  }
  Histogram response;
  Status added = latencies != nullptr ? AddLatencies(values, place, response)
                                      : AddBuckets(values, place, response);
  if (!added) {
    return tl::unexpected(added.error());
  }
  return response;
}

Run CompleteRun(const std::string& scenario, const std::string& build, std::int64_t slot,
                Histogram response) {
  Run run;
  run.plan.scenario = scenario;
  run.plan.target = "imported";
  run.plan.build = build;
  run.plan.environment = "imported";
  run.plan.load = "imported";
  run.plan.planned_duration = kRunLength;
  run.plan.steps = {{.flow = "imported", .step = "request"}};
  run.state = RunState::kComplete;
  run.started_at = WallTime((slot + 1) * Nanos(kSlotLength));
  run.duration = kRunLength;
  run.measured = kRunLength;
  StepRecord& record = run.totals.emplace_back();
  record.counts.planned = response.count();
  record.counts.by_outcome[static_cast<std::size_t>(Outcome::kCompleted)] = response.count();
  record.completed_in_window = response.count();
  record.latency[Outcome::kCompleted].response = std::move(response);
  return run;
}

Result<Run> ReadRun(const json& source, const std::string& scenario, const Place& place) {
  if (!source.is_object()) {
    return Wrong(place, fmt::format("it is {}", Found(source)),
                 R"(a run is {"build": ..., "slot": ..., "latencies_us": [...]})");
  }
  const json build = source.value("build", json());
  if (!build.is_string() || build.get_ref<const std::string&>().empty()) {
    return Wrong(place, fmt::format("its build is {}", Found(build)),
                 R"(for example "build": "A")");
  }
  const auto slot = WholeUpTo(source.value("slot", json()), kSlotMax);
  if (!slot) {
    return Wrong(place, fmt::format("its slot is {}", Found(source.value("slot", json()))),
                 "a slot is a whole number from 0; runs of one slot took place side by side");
  }
  Result<Histogram> response = ReadResponse(source, place);
  if (!response) {
    return tl::unexpected(response.error());
  }
  return CompleteRun(scenario, build.get<std::string>(), static_cast<std::int64_t>(*slot),
                     std::move(*response));
}

}  // namespace

Result<std::vector<Run>> ReadRunList(std::string_view text, const std::string& path) {
  const json document = json::parse(text, nullptr, false);
  const std::string shape = R"({"case": "NAME", "runs": [{"build": "A", "slot": 0, ...}, ...]})";
  if (document.is_discarded()) {
    return UsageError(
        fmt::format("{}: it is not JSON\n  hint: a list of runs is {}", Printable(path), shape));
  }
  const json runs = document.is_object() ? document.value("runs", json()) : json();
  if (!runs.is_array() || runs.empty() || runs.size() > kRunsMax) {
    return UsageError(fmt::format("{}: it has no list 'runs' of 1 to {} runs\n  hint: {}",
                                  Printable(path), kRunsMax, shape));
  }
  const json name = document.value("case", json());
  const std::string scenario =
      "case:" + (name.is_string() ? Printable(name.get<std::string>()) : std::string("unnamed"));
  std::vector<Run> read;
  for (const json& source : runs) {
    Result<Run> run = ReadRun(source, scenario, {.path = path, .run = read.size()});
    if (!run) {
      return tl::unexpected(run.error());
    }
    read.push_back(std::move(*run));
  }
  return read;
}

}  // namespace weir::imports
