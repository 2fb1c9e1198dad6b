#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "base/wall_time.h"
#include "imports/internal/draft.h"

/// vegeta. `vegeta encode --to json` gives one result a line: one run with every response time, a
/// step for each method and path. `vegeta report -type=json` gives percentiles: they are kept as
/// recorded metrics (summary.response_time.p95, ...), buckets of -buckets under vegeta.bucket_NS.
/// vegeta counts latency from the send, and fails on no answer or a status outside 200..399.
namespace weir::imports::internal {
namespace {

constexpr std::string_view kShape =
    "give what 'vegeta encode --to json' or 'vegeta report -type=json' writes";

std::string StepNameOf(const nlohmann::json& result) {
  std::string url = TextAt(result, "url");
  const std::size_t scheme = url.find("://");
  const std::size_t path = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  url = path == std::string::npos ? "/" : url.substr(path, url.find('?', path) - path);
  const std::string method = TextAt(result, "method");
  return (method.empty() ? "GET" : method) + " " + url;
}

constexpr double kSpanMaxS = 10 * 365.25 * 86'400;

// The extent of the results in time.
struct Extent {
  WallTime first{Nanos(std::numeric_limits<std::int64_t>::max())};
  WallTime last{Nanos(std::numeric_limits<std::int64_t>::min())};

  void Add(WallTime from, Nanos length) {
    first = std::min(first, from);
    last = std::max(last, from + length);
  }
};

Status AddResult(const ImportSource& source, std::size_t line, std::string_view text, Draft& draft,
                 Extent& extent) {
  const nlohmann::json result = nlohmann::json::parse(text, nullptr, false);
  const auto latency = NumberAt(result, "latency");
  const auto code = NumberAt(result, "code");
  const Result<WallTime> at = ParseWallTime(TextAt(result, "timestamp"));
  if (!latency || *latency < 0 || !code || !at) {
    return Wrong(source, line,
                 fmt::format("{} is no result with timestamp, code and latency", Found(text)),
                 kShape);
  }
  StepRecord* step = draft.Step(StepNameOf(result));
  if (step == nullptr) {
    return Wrong(source, line, fmt::format("more than {} methods and paths", kStepsMax),
                 "import results of fewer URLs");
  }
  const bool good = *code >= 200 && *code < 400;
  if (*code == 0) {
    // No answer: a broken exchange has no response time.
    AddCounts(*step, Outcome::kFailed, 1);
  } else {
    AddRequest(*step, good ? Outcome::kCompleted : Outcome::kFailed, *latency);
  }
  extent.Add(*at, FromSeconds(std::min(*latency / 1e9, 1e6)));
  return {};
}

Result<std::vector<Run>> ReadResults(const ImportSource& source) {
  Draft draft(source, "vegeta", "");
  Extent extent;
  std::size_t line = 0;
  std::string_view rest = source.text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++line;
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    if (Status added = AddResult(source, line, text, draft, extent); !added) {
      return tl::unexpected(added.error());
    }
  }
  if (extent.last < extent.first) {
    return Wrong(source, 0, "there are no results", kShape);
  }
  // In seconds, because the nanoseconds between the ends of time are no Nanos.
  if (Seconds(extent.last.time_since_epoch()) - Seconds(extent.first.time_since_epoch()) >
      kSpanMaxS) {
    return Wrong(source, 0, "the results lie more than 10 years apart", "correct their timestamps");
  }
  return std::vector<Run>{draft.Finish(extent.first, extent.last - extent.first)};
}

Result<std::vector<Run>> ReadReport(const ImportSource& source, const nlohmann::json& report) {
  const auto latencies = report.find("latencies");
  const auto requests = CountAt(report, "requests");
  const auto success = NumberAt(report, "success");
  if (latencies == report.end() || !latencies->is_object() || !requests || *requests == 0 ||
      !success) {
    return Wrong(source, 0, "the report has no latencies, requests or success", kShape);
  }
  Draft draft(source, "vegeta", "");
  const auto good = static_cast<std::uint64_t>(
      std::llround(std::clamp(*success, 0.0, 1.0) * static_cast<double>(*requests)));
  StepRecord& record = *draft.Step("request");
  AddCounts(record, Outcome::kCompleted, good);
  AddCounts(record, Outcome::kFailed, *requests - good);
  for (const auto& [key, name] : {std::pair{"mean", "mean"},
                                  {"50th", "p50"},
                                  {"90th", "p90"},
                                  {"95th", "p95"},
                                  {"99th", "p99"},
                                  {"min", "min"},
                                  {"max", "max"}}) {
    if (const auto value = NumberAt(*latencies, key)) {
      draft.Summary(std::string("response_time.") + name, *value);
    }
  }
  const nlohmann::json buckets = report.value("buckets", nlohmann::json());
  if (buckets.is_object()) {
    for (const auto& [from_ns, count] : buckets.items()) {
      if (count.is_number()) {
        draft.Metric("vegeta.bucket_" + from_ns, count.get<double>());
      }
    }
  }
  const Result<WallTime> earliest = ParseWallTime(TextAt(report, "earliest"));
  const double seconds = NumberAt(report, "duration").value_or(0) / 1e9;
  return std::vector<Run>{draft.Finish(earliest ? *earliest : source.file_time,
                                       FromSeconds(std::clamp(seconds, 0.0, 1e7)))};
}

}  // namespace

Result<std::vector<Run>> ReadVegeta(const ImportSource& source) {
  const nlohmann::json whole = nlohmann::json::parse(source.text, nullptr, false);
  return whole.is_object() && whole.contains("latencies") ? ReadReport(source, whole)
                                                          : ReadResults(source);
}

}  // namespace weir::imports::internal
