#include "scenarios/threshold.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

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
constexpr std::string_view kMetrics =
    "known metrics: p(N), med, avg, min, max, error_rate, rate, count, achieved, value(NAME), "
    "validity";
constexpr std::size_t kTagBytesMax = 64;
constexpr Nanos kAbortAfterMax = std::chrono::hours(24);

tl::unexpected<Error> Refuse(std::string message, std::string_view hint) {
  return tl::unexpected(HintedError(std::move(message), hint));
}

struct MetricWord {
  std::string_view word;
  Metric metric = Metric::kQuantile;
};

constexpr std::array<MetricWord, 10> kMetricWords = {{{"med", Metric::kQuantile},
                                                      {"avg", Metric::kMean},
                                                      {"mean", Metric::kMean},
                                                      {"min", Metric::kMin},
                                                      {"max", Metric::kMax},
                                                      {"error_rate", Metric::kErrorRate},
                                                      {"rate", Metric::kRate},
                                                      {"count", Metric::kCount},
                                                      {"achieved", Metric::kAchieved},
                                                      {"validity", Metric::kValidity}}};

bool IsLatency(Metric metric) {
  return metric == Metric::kQuantile || metric == Metric::kMean || metric == Metric::kMin ||
         metric == Metric::kMax;
}

Status UnknownMetric(std::string_view name) {
  std::array<std::string_view, kMetricWords.size()> words;
  std::transform(kMetricWords.begin(), kMetricWords.end(), words.begin(),
                 [](const MetricWord& known) { return known.word; });
  const std::optional<std::string> near = NearestWord(name, words);
  return Refuse(
      fmt::format("unknown metric '{}'", Printable(name, 40)),
      near ? fmt::format("did you mean '{}'? {}", *near, kMetrics) : std::string(kMetrics));
}

// "value(process_memory_bytes)".
bool ReadValueOf(std::string_view name, Threshold& threshold) {
  constexpr std::string_view kOpening = "value(";
  if (!name.starts_with(kOpening) || !name.ends_with(')')) {
    return false;
  }
  name.remove_prefix(kOpening.size());
  name.remove_suffix(1);
  threshold.metric = Metric::kValue;
  threshold.name = std::string(Trimmed(name));
  return true;
}

Status ReadStatistic(std::string_view name, Threshold& threshold) {
  for (const MetricWord& known : kMetricWords) {
    if (name == known.word) {
      threshold.metric = known.metric;
      threshold.quantile = known.metric == Metric::kQuantile ? 0.5 : 0;
      return {};
    }
  }
  if (ReadValueOf(name, threshold)) {
    return threshold.name.empty()
               ? Refuse("'value()' names no metric",
                        "name what the watched target gives: 'value(process_memory_bytes) < 1GB'")
               : Status();
  }
  if (name == "value") {
    return Refuse("'value' of what?",
                  "name what the watched target gives: 'value(process_memory_bytes) < 1GB'");
  }
  Result<std::optional<double>> quantile = ParseQuantileName(name);
  if (!quantile) {
    return tl::unexpected(quantile.error());
  }
  if (!*quantile) {
    return UnknownMetric(name);
  }
  threshold.metric = Metric::kQuantile;
  threshold.quantile = **quantile;
  return {};
}

// "p(95)", or "send_lag p(95)".
Status ReadMetric(std::string_view text, Threshold& threshold) {
  constexpr std::array<std::pair<std::string_view, LatencyKind>, 3> kKinds = {
      {{"response_time ", LatencyKind::kResponse},
       {"service_time ", LatencyKind::kService},
       {"send_lag ", LatencyKind::kSendLag}}};
  for (const auto& [word, kind] : kKinds) {
    if (!text.starts_with(word)) {
      continue;
    }
    threshold.latency = kind;
    if (Status read = ReadStatistic(Trimmed(text.substr(word.size())), threshold); !read) {
      return read;
    }
    return IsLatency(threshold.metric)
               ? Status()
               : Refuse(fmt::format("'{}' is no time", Printable(text, 60)),
                        fmt::format("write '{}p(99) < 1ms', or the metric alone", word));
  }
  return ReadStatistic(text, threshold);
}

// "{kind:api,team:shop}" without the braces.
Status ReadTags(std::string_view text, std::vector<Tag>& tags) {
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view one = Trimmed(text.substr(0, comma));
    const std::size_t colon = std::min(one.find(':'), one.size());
    const std::string_view name = Trimmed(one.substr(0, colon));
    const std::string_view value = Trimmed(one.substr(std::min(colon + 1, one.size())));
    if (!IsTagWord(name) || !IsTagWord(value)) {
      return Refuse(fmt::format("'{}' is no tag", Printable(one, 60)),
                    "write '{NAME:VALUE}', as in 'p(95){kind:api} < 200ms'");
    }
    tags.push_back({std::string(name), std::string(value)});
    if (comma == std::string_view::npos) {
      break;
    }
    text.remove_prefix(comma + 1);
  }
  std::sort(tags.begin(), tags.end(), [](const Tag& x, const Tag& y) { return x.name < y.name; });
  return {};
}

// Takes "{...}" out of what stands before the operator.
Status TakeTags(std::string& head, std::vector<Tag>& tags) {
  const std::size_t open = head.find('{');
  if (open == std::string::npos) {
    return {};
  }
  const std::size_t close = head.find('}', open);
  if (close == std::string::npos || !Trimmed(std::string_view(head).substr(close + 1)).empty()) {
    return Refuse("tags do not end in '}' before the comparison",
                  "write 'p(95){kind:api} < 200ms'");
  }
  if (Status read = ReadTags(std::string_view(head).substr(open + 1, close - open - 1), tags);
      !read) {
    return read;
  }
  head.erase(open);
  return {};
}

// Splits "p(95) < 200ms over 10s" at its operator.
struct Comparison {
  std::string_view head;
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

// Whole seconds of what stands behind `word` in `text`, which is cut off there.
Result<Nanos> TakeSeconds(std::string_view& text, std::string_view word, Nanos most) {
  const std::size_t at = text.find(word);
  if (at == std::string_view::npos) {
    return Nanos(0);
  }
  const std::string_view written = Trimmed(text.substr(at + word.size()));
  text = Trimmed(text.substr(0, at));
  if (text.ends_with(',')) {
    text = Trimmed(text.substr(0, text.size() - 1));
  }
  const Result<Nanos> time = ParseDuration(written);
  if (!time) {
    return tl::unexpected(time.error());
  }
  if (*time < std::chrono::seconds(1) || *time > most ||
      *time % std::chrono::seconds(1) != Nanos(0)) {
    return Refuse(fmt::format("'{} {}' is out of range", Trimmed(word), Printable(written, 40)),
                  fmt::format("write whole seconds, from 1s to {}", FormatDuration(most)));
  }
  return *time;
}

Status TakeTimes(std::string_view& limit, Threshold& threshold) {
  const Result<Nanos> abort_after = TakeSeconds(limit, " abort after ", kAbortAfterMax);
  if (!abort_after) {
    return tl::unexpected(abort_after.error());
  }
  const Result<Nanos> window = TakeSeconds(limit, " over ", kThresholdWindowMax);
  if (!window) {
    return tl::unexpected(window.error());
  }
  threshold.abort_after = *abort_after;
  threshold.window = *window;
  return {};
}

// Of what a watched target gives: a size, a time in seconds or a plain number.
Result<double> ReadValueLimit(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && rest == end) {
    return number;
  }
  if (const Result<Nanos> time = ParseDuration(text)) {
    return Seconds(*time);
  }
  return ParseBytes(text).map([](std::uint64_t bytes) { return static_cast<double>(bytes); });
}

Result<double> ReadCountLimit(std::string_view text) {
  return ParseCount(text).map([](std::uint64_t count) { return static_cast<double>(count); });
}

Result<double> ReadGrade(std::string_view text) {
  constexpr std::array<std::string_view, 3> kGrades = {"invalid", "suspect", "valid"};
  const auto* found = std::find(kGrades.begin(), kGrades.end(), text);
  if (found == kGrades.end()) {
    return Refuse(fmt::format("'{}' is no validity", Printable(text, 40)),
                  "write 'validity >= suspect' or 'validity >= valid'");
  }
  return static_cast<double>(found - kGrades.begin());
}

Result<double> ReadRateLimit(std::string_view text) {
  if (text.find('/') == std::string_view::npos) {
    return Refuse(fmt::format("limit '{}' of a rate has no unit", Printable(text, 40)),
                  "write requests per second as '450/s'; for the share of failed requests "
                  "write 'error_rate < 1%'");
  }
  return ParseRate(text).map([](Rate rate) { return rate.per_second(); });
}

// A limit in nanoseconds, as a ratio or per second, whichever the metric is measured in.
Result<double> ReadLimit(Metric metric, std::string_view text) {
  switch (metric) {
    case Metric::kErrorRate:
    case Metric::kAchieved:
      return ParseRatio(text);
    case Metric::kRate:
      return ReadRateLimit(text);
    case Metric::kCount:
      return ReadCountLimit(text);
    case Metric::kValue:
      return ReadValueLimit(text);
    case Metric::kValidity:
      return ReadGrade(text);
    case Metric::kQuantile:
    case Metric::kMean:
    case Metric::kMin:
    case Metric::kMax:
      break;
  }
  const bool bare =
      !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
  if (bare) {
    return Refuse(fmt::format("limit '{}' of a response time has no unit", Printable(text, 40)),
                  fmt::format("for milliseconds write '{}ms'", Printable(text, 40)));
  }
  return ParseDuration(text).map([](Nanos span) { return static_cast<double>(span.count()); });
}

// What is known of a run as a whole only.
Status RefuseParts(const Threshold& threshold) {
  if (threshold.metric != Metric::kValue && threshold.metric != Metric::kValidity) {
    return {};
  }
  const std::string_view name = threshold.metric == Metric::kValue ? "value" : "validity";
  if (threshold.window > Nanos(0) || threshold.abort_after > Nanos(0)) {
    return Refuse(fmt::format("'{}' is known at the end of the run only", name),
                  "leave 'over' and 'abort after' out");
  }
  if (!threshold.step.empty() || !threshold.tags.empty()) {
    return Refuse(fmt::format("'{}' is one of the whole run", name), "leave step and tags out");
  }
  if (threshold.metric == Metric::kValidity && threshold.op != Op::kGreaterEqual) {
    return Refuse("validity is compared by '>='",
                  "write 'validity >= suspect' or 'validity >= valid'");
  }
  return {};
}

Status RefuseSenseless(const Threshold& threshold) {
  const bool is_ratio =
      threshold.metric == Metric::kErrorRate || threshold.metric == Metric::kAchieved;
  const bool always_false =
      threshold.metric != Metric::kValue && threshold.op == Op::kLess && threshold.limit <= 0;
  const bool above_all = is_ratio && threshold.op == Op::kGreater && threshold.limit >= 1;
  if (always_false || above_all) {
    return Refuse(fmt::format("'{}' can never hold", Printable(threshold.text, 60)),
                  threshold.metric == Metric::kErrorRate && always_false
                      ? "for no errors at all write 'error_rate <= 0%'"
                      : "choose a limit that a run can reach");
  }
  return {};
}

// "list: p(95){kind:api}": the step, the tags and the metric.
Status ReadHead(std::string_view text, Threshold& threshold) {
  std::string head(text);
  if (Status tags = TakeTags(head, threshold.tags); !tags) {
    return tags;
  }
  std::string_view metric = Trimmed(head);
  // A step may have ':' in its name, a metric never has.
  if (const std::size_t colon = metric.rfind(':'); colon != std::string_view::npos) {
    threshold.step = std::string(Trimmed(metric.substr(0, colon)));
    metric = Trimmed(metric.substr(colon + 1));
    if (threshold.step.empty()) {
      return Refuse("no step name before ':'", "write 'STEP: p(95) < 200ms'");
    }
    if (!threshold.tags.empty()) {
      return Refuse("a step and tags", "name the step or the tags: both choose the requests");
    }
  }
  return ReadMetric(metric, threshold);
}

}  // namespace

bool IsTagWord(std::string_view text) {
  return !text.empty() && text.size() <= kTagBytesMax &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/';
         });
}

Result<Threshold> ParseThreshold(std::string_view text) {
  Threshold threshold;
  threshold.text = std::string(Trimmed(text));
  if (threshold.text.empty()) {
    return Refuse("it is empty", kShape);
  }
  Result<Comparison> comparison = SplitComparison(threshold.text);
  if (!comparison) {
    return tl::unexpected(comparison.error());
  }
  if (Status head = ReadHead(comparison->head, threshold); !head) {
    return tl::unexpected(head.error());
  }
  if (Status times = TakeTimes(comparison->limit, threshold); !times) {
    return tl::unexpected(times.error());
  }
  if (comparison->limit.empty()) {
    return Refuse(fmt::format("'{}' has no limit", Printable(threshold.text, 60)), kShape);
  }
  threshold.op = comparison->op;
  const Result<double> limit = ReadLimit(threshold.metric, comparison->limit);
  if (!limit) {
    return tl::unexpected(limit.error());
  }
  threshold.limit = *limit;
  for (const auto& check : {RefuseParts, RefuseSenseless}) {
    if (Status sense = check(threshold); !sense) {
      return tl::unexpected(sense.error());
    }
  }
  return threshold;
}

}  // namespace weir::scenarios
