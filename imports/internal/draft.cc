#include "imports/internal/draft.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/summary_metric.h"
#include "base/text.h"

namespace weir::imports::internal {
namespace {

constexpr std::size_t kNameBytesMax = 200;
constexpr double kCountMax = 1e15;

}  // namespace

Draft::Draft(const ImportSource& source, std::string_view format, std::string_view name) {
  run_.plan.scenario = !source.scenario.empty() ? source.scenario
                       : name.empty()
                           ? std::string(format)
                           : fmt::format("{}:{}", format, Printable(name, kNameBytesMax));
  run_.plan.target = "imported";
  run_.plan.build = source.build;
  run_.plan.environment = "imported";
  run_.plan.load = fmt::format("imported from {}", format);
  // Whether the load was planned is not in the file: its rate is taken as a result.
  run_.plan.open_loop = false;
  run_.state = RunState::kComplete;
}

StepRecord* Draft::Step(const std::string& name) {
  const std::string clean = Printable(name, kNameBytesMax);
  const auto found = steps_.find(clean);
  if (found != steps_.end()) {
    return &run_.totals[found->second];
  }
  if (steps_.size() >= kStepsMax) {
    return nullptr;
  }
  const auto index = static_cast<std::uint32_t>(steps_.size());
  steps_.emplace(clean, index);
  run_.plan.steps.push_back({.flow = "imported", .step = clean});
  StepRecord& record = run_.totals.emplace_back();
  record.step = index;
  return &record;
}

void Draft::Summary(std::string_view metric, double value) {
  Metric(SummaryMetric(metric), value);
}

void Draft::Metric(const std::string& name, double value) {
  if (std::isfinite(value)) {
    AddTargetValue(run_.target_metrics, 0,
                   {.name = Printable(name, kNameBytesMax), .value = value});
  }
}

Run Draft::Finish(WallTime started_at, Nanos duration) {
  constexpr Nanos kUnknown = std::chrono::seconds(1);
  run_.started_at = started_at;
  run_.duration = duration > Nanos(0) ? duration : kUnknown;
  run_.measured = run_.duration;
  run_.plan.planned_duration = run_.duration;
  return std::move(run_);
}

void AddRequest(StepRecord& record, Outcome outcome, double response_ns) {
  AddCounts(record, outcome, 1);
  const double bounded =
      std::clamp(response_ns, 0.0, static_cast<double>(Histogram::kHighestNs) + 1);
  record.latency[outcome].response.RecordNs(static_cast<std::uint64_t>(bounded), 1);
}

void AddCounts(StepRecord& record, Outcome outcome, std::uint64_t count) {
  record.counts.planned += count;
  record.counts.by_outcome[static_cast<std::size_t>(outcome)] += count;
  if (outcome == Outcome::kCompleted) {
    record.completed_in_window += count;
  } else {
    record.errors[static_cast<std::size_t>(RequestError::kStatus)] += count;
  }
}

tl::unexpected<Error> Wrong(const ImportSource& source, std::size_t line, const std::string& what,
                            std::string_view fix) {
  return UsageError(fmt::format("{}{}: {}\n  hint: {}", Printable(source.path, 300),
                                line == 0 ? "" : fmt::format(":{}", line), what, fix));
}

Result<nlohmann::json> ParseJson(const ImportSource& source, std::string_view fix) {
  nlohmann::json document;
  // The position is only in the exception, which goes no further.
  try {
    document = nlohmann::json::parse(source.text);
  } catch (const nlohmann::json::parse_error& error) {
    const std::size_t at = std::min(error.byte, source.text.size());
    const auto line = 1 + std::count(source.text.begin(),
                                     source.text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    return Wrong(source, static_cast<std::size_t>(line), "it is not JSON from here on", fix);
  }
  return document;
}

std::optional<double> NumberAt(const nlohmann::json& object, std::string_view key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (found == object.end() || !found->is_number()) {
    return std::nullopt;
  }
  const auto number = found->get<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::string TextAt(const nlohmann::json& object, std::string_view key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::uint64_t> CountAt(const nlohmann::json& object, std::string_view key) {
  const std::optional<double> number = NumberAt(object, key);
  if (!number || *number < 0 || *number > kCountMax || *number != std::floor(*number)) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(*number);
}

std::optional<double> NumberIn(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return !text.empty() && error == std::errc() && rest == end && std::isfinite(number)
             ? std::optional(number)
             : std::nullopt;
}

std::string Found(std::string_view text) {
  constexpr std::size_t kShown = 60;
  return text.empty() ? "nothing" : "'" + Printable(text, kShown) + "'";
}

}  // namespace weir::imports::internal
