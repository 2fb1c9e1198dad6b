#include "scenarios/threshold.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/diagnostic.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios {
namespace {

using internal::ParseQuantileName;
using internal::Trimmed;
using Metric = Threshold::Metric;
using Op = Threshold::Op;

constexpr std::string_view kShape =
    "write METRIC OP LIMIT, for example 'p(95) < 200ms', 'error_rate < 1%' or 'rate > 450/s'";
constexpr std::string_view kMetrics = "known metrics: p(N), med, avg, min, max, error_rate, rate";

tl::unexpected<Error> Refuse(std::string message, std::string_view hint) {
  return tl::unexpected(HintedError(std::move(message), hint));
}

Status ReadMetric(std::string_view name, Threshold& threshold) {
  constexpr std::array<std::pair<std::string_view, Metric>, 7> kNames = {
      {{"med", Metric::kQuantile},
       {"avg", Metric::kMean},
       {"mean", Metric::kMean},
       {"min", Metric::kMin},
       {"max", Metric::kMax},
       {"error_rate", Metric::kErrorRate},
       {"rate", Metric::kRate}}};
  for (const auto& [known, metric] : kNames) {
    if (name == known) {
      threshold.metric = metric;
      threshold.quantile = metric == Metric::kQuantile ? 0.5 : 0;
      return {};
    }
  }
  Result<std::optional<double>> quantile = ParseQuantileName(name);
  if (!quantile) {
    return tl::unexpected(quantile.error());
  }
  if (*quantile) {
    threshold.metric = Metric::kQuantile;
    threshold.quantile = **quantile;
    return {};
  }
  constexpr std::array<std::string_view, 7> kWords = {"med", "avg",        "mean", "min",
                                                      "max", "error_rate", "rate"};
  const std::optional<std::string> near = NearestWord(name, kWords);
  return Refuse(
      fmt::format("unknown metric '{}'", Printable(name, 40)),
      near ? fmt::format("did you mean '{}'? {}", *near, kMetrics) : std::string(kMetrics));
}

// Splits "p(95) < 200ms" at its operator.
struct Comparison {
  std::string_view metric;
  Op op = Op::kLess;
  std::string_view limit;
};

Result<Comparison> SplitComparison(std::string_view text) {
  const std::size_t at = text.find_first_of("<>=!");
  if (at == std::string_view::npos) {
    return Refuse(fmt::format("'{}' compares nothing", Printable(text, 60)), kShape);
  }
  const std::size_t end = std::min(text.find_first_not_of("<>=!", at), text.size());
  const std::string_view op = text.substr(at, end - at);
  constexpr std::array<std::pair<std::string_view, Op>, 4> kOps = {
      {{"<", Op::kLess}, {"<=", Op::kLessEqual}, {">", Op::kGreater}, {">=", Op::kGreaterEqual}}};
  const auto* found =
      std::find_if(kOps.begin(), kOps.end(), [op](const auto& known) { return known.first == op; });
  if (found == kOps.end()) {
    return Refuse(fmt::format("'{}' is not a comparison for thresholds", Printable(op, 10)),
                  "use <, <=, > or >=");
  }
  return Comparison{Trimmed(text.substr(0, at)), found->second, Trimmed(text.substr(end))};
}

// A limit in nanoseconds, as a ratio or per second, whichever the metric is measured in.
Result<double> ReadLimit(Metric metric, std::string_view text) {
  if (metric == Metric::kErrorRate) {
    return ParseRatio(text);
  }
  if (metric == Metric::kRate) {
    if (text.find('/') == std::string_view::npos) {
      return Refuse(fmt::format("limit '{}' of a rate has no unit", Printable(text, 40)),
                    "write requests per second as '450/s'; for the share of failed requests "
                    "write 'error_rate < 1%'");
    }
    return ParseRate(text).map([](Rate rate) { return rate.per_second(); });
  }
  const bool bare =
      !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
  if (bare) {
    return Refuse(fmt::format("limit '{}' of a response time has no unit", Printable(text, 40)),
                  fmt::format("for milliseconds write '{}ms'", Printable(text, 40)));
  }
  return ParseDuration(text).map([](Nanos span) { return static_cast<double>(span.count()); });
}

// What the grammar of later versions adds behind the limit.
Status RefuseWindows(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kLater = {
      {{" over ", "windows ('over 30s')"}, {"abort", "'abort after'"}}};
  for (const auto& [word, name] : kLater) {
    if (text.find(word) != std::string_view::npos) {
      return Refuse(fmt::format("{} in thresholds: this version does not have it", name),
                    "leave it out: the threshold is then judged over the whole run");
    }
  }
  return {};
}

Status RefuseSenseless(const Threshold& threshold) {
  const bool always_false = threshold.op == Op::kLess && threshold.limit <= 0;
  const bool above_all = threshold.metric == Metric::kErrorRate && threshold.op == Op::kGreater &&
                         threshold.limit >= 1;
  if (always_false || above_all) {
    return Refuse(fmt::format("'{}' can never hold", Printable(threshold.text, 60)),
                  threshold.metric == Metric::kErrorRate && always_false
                      ? "for no errors at all write 'error_rate <= 0%'"
                      : "choose a limit that a run can reach");
  }
  return {};
}

}  // namespace

Result<Threshold> ParseThreshold(std::string_view text) {
  Threshold threshold;
  threshold.text = std::string(Trimmed(text));
  std::string_view rest = threshold.text;
  if (rest.empty()) {
    return Refuse("it is empty", kShape);
  }
  // A step may have ':' in its name, a comparison never has.
  const std::size_t operator_at = std::min(rest.find_first_of("<>"), rest.size());
  if (const std::size_t colon = rest.substr(0, operator_at).rfind(':'); colon != rest.npos) {
    threshold.step = std::string(Trimmed(rest.substr(0, colon)));
    rest = Trimmed(rest.substr(colon + 1));
    if (threshold.step.empty()) {
      return Refuse("no step name before ':'", "write 'STEP: p(95) < 200ms'");
    }
  }
  const Result<Comparison> comparison = SplitComparison(rest);
  if (!comparison) {
    return tl::unexpected(comparison.error());
  }
  if (Status later = RefuseWindows(comparison->limit); !later) {
    return tl::unexpected(later.error());
  }
  if (Status metric = ReadMetric(comparison->metric, threshold); !metric) {
    return tl::unexpected(metric.error());
  }
  if (comparison->limit.empty()) {
    return Refuse(fmt::format("'{}' has no limit", Printable(rest, 60)), kShape);
  }
  threshold.op = comparison->op;
  const Result<double> limit = ReadLimit(threshold.metric, comparison->limit);
  if (!limit) {
    return tl::unexpected(limit.error());
  }
  threshold.limit = *limit;
  if (Status sense = RefuseSenseless(threshold); !sense) {
    return tl::unexpected(sense.error());
  }
  return threshold;
}

}  // namespace weir::scenarios
