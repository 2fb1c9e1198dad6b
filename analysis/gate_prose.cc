#include "analysis/gate_prose.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "analysis/quantile_interval.h"
#include "base/check.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

constexpr std::string_view kLatencyPrefix = "response_time.";
constexpr std::string_view kOfWorst = "_of_worst_";
constexpr std::string_view kBody = "response_time.body";
constexpr std::string_view kErrorRate = "error_rate";
constexpr std::string_view kThroughput = "throughput";
constexpr std::string_view kMean = "response_time.mean";
constexpr std::string_view kApdex = "apdex";
constexpr std::string_view kEveryStep = "every_step";
constexpr std::string_view kDistribution = "response_time.distribution";
constexpr std::string_view kResourcePrefix = "resource.";
constexpr std::string_view kRealTime = "resource.real_time";
constexpr std::string_view kCpuTime = "resource.cpu_time";

// A change of an error rate is a difference and is written in points, the rest in percent.
bool InPoints(const GateCheck& check) {
  return BareMetric(check) == kErrorRate || BareMetric(check) == kApdex;
}

// At most three significant digits, without trailing zeros: "5", "0.1", "18.3".
std::string Percent(double ratio) {
  return fmt::format("{:.3g}", ratio * 100);
}

std::string Change(const GateCheck& check, double change) {
  return InPoints(check) ? fmt::format("{:+.3g} points", change * 100) : FormatChange(change);
}

// "rose 18.3 %", "fell 0.4 %", "stayed the same".
std::string Movement(const GateCheck& check) {
  const double change = check.change_ratio.value_or(0);
  if (std::fabs(change) < 5e-6) {
    return "stayed the same";
  }
  const char* verb = change > 0 ? "rose" : "fell";
  const std::string size = FormatChange(std::fabs(change)).substr(1);
  return InPoints(check)
             ? fmt::format("{} by {} percentage points", verb, Percent(std::fabs(change)))
             : fmt::format("{} {}", verb, size);
}

std::string Numbers(const GateCheck& check, const std::string& aside) {
  std::string text = fmt::format("{} to {}", ValueText(*check.baseline, check.unit),
                                 ValueText(*check.candidate, check.unit));
  if (check.interval) {
    text += fmt::format("; interval {} to {}", Change(check, check.interval->low),
                        Change(check, check.interval->high));
  }
  return aside.empty() ? text : text + "; " + aside;
}

bool BeyondTolerance(const GateCheck& check) {
  const bool lower_is_worse = BareMetric(check) == kThroughput || BareMetric(check) == kApdex;
  const double worse = lower_is_worse ? -*check.change_ratio : *check.change_ratio;
  return worse > check.tolerance;
}

// What the numbers mean.
std::string Meaning(const GateCheck& check) {
  const std::string tolerance = ToleranceOf(check);
  switch (check.verdict) {
    case Verdict::kFail:
      return BeyondTolerance(check)
                 ? fmt::format("more than the tolerance of {}", tolerance)
                 : fmt::format("a sure change of more than half the tolerance of {}", tolerance);
    case Verdict::kWarn:
      return fmt::format("a sure change, but within the tolerance of {}", tolerance);
    case Verdict::kPass:
      return fmt::format("within the tolerance of {}", tolerance);
    case Verdict::kInconclusive:
      break;
  }
  const std::string open =
      fmt::format("so a change of {} can be neither shown nor excluded", tolerance);
  return check.runs_needed ? fmt::format("{}; about {} runs a side would probably decide", open,
                                         *check.runs_needed)
                           : open;
}

std::string WindowName(const GateCriterion& criterion) {
  return criterion.window.count() == 0
             ? std::string()
             : fmt::format(
                   "{}{}s", kOfWorst,
                   std::chrono::duration_cast<std::chrono::seconds>(criterion.window).count());
}

// "{part:first_byte,during:10s..40s}"; empty for the whole run.
std::string ScopeName(const GateScope& scope) {
  std::vector<std::string> words;
  if (!scope.tags.empty()) {
    words.push_back(TagsText(scope.tags));
  }
  if (scope.part) {
    words.push_back(fmt::format("part:{}", LatencyPartName(*scope.part)));
  }
  if (scope.HasStretch()) {
    words.push_back(fmt::format("during:{}s..{}s", scope.from_s, scope.to_s));
  }
  return words.empty() ? "" : fmt::format("{{{}}}", fmt::join(words, ","));
}

std::string BareName(const GateCriterion& criterion) {
  switch (criterion.kind) {
    case GateCriterion::Kind::kResponseBody:
      return std::string(kBody);
    case GateCriterion::Kind::kResponseQuantile:
      return std::string(kLatencyPrefix) + QuantileName(criterion.quantile) + WindowName(criterion);
    case GateCriterion::Kind::kThroughput:
      return std::string(kThroughput);
    case GateCriterion::Kind::kErrorRate:
      return std::string(kErrorRate);
    case GateCriterion::Kind::kResponseMean:
      return std::string(kMean) + WindowName(criterion);
    case GateCriterion::Kind::kApdex:
      return std::string(kApdex);
    case GateCriterion::Kind::kResource:
      return std::string(kResourcePrefix) + criterion.resource;
    case GateCriterion::Kind::kEveryStep:
      return std::string(kEveryStep);
    case GateCriterion::Kind::kDistribution:
      return std::string(kDistribution);
  }
  WEIR_CHECK(false);
}

std::string BareSubject(std::string_view metric) {
  if (metric == kBody) {
    return "mean response time (p5 to p95)";
  }
  if (metric == kErrorRate) {
    return "the error rate";
  }
  if (metric == kMean) {
    return "mean response time";
  }
  if (metric == kApdex) {
    return "Apdex";
  }
  if (metric == kEveryStep) {
    return "every step by itself";
  }
  if (metric == kDistribution) {
    return "the distribution of response times";
  }
  if (metric == kRealTime) {
    return "real time";
  }
  if (metric == kCpuTime) {
    return "CPU time";
  }
  std::string subject(metric);
  if (metric.starts_with(kLatencyPrefix)) {
    subject.erase(0, kLatencyPrefix.size());
    if (const std::size_t at = subject.find(kOfWorst); at != std::string::npos) {
      subject.replace(at, kOfWorst.size(), " of the worst ");
    }
  }
  return subject;
}

}  // namespace

std::string MetricName(const GateCriterion& criterion) {
  return BareName(criterion) + ScopeName(criterion.scope);
}

std::string_view BareMetric(const GateCheck& check) {
  return std::string_view(check.metric).substr(0, check.metric.find('{'));
}

std::string ScopeInWords(std::string_view metric) {
  const std::size_t at = metric.find('{');
  if (at == std::string_view::npos) {
    return "";
  }
  std::string words = " ";
  for (const char c : metric.substr(at)) {
    words += c == '{' ? '(' : c == '}' ? ')' : c == ':' ? ' ' : c;
    words += c == ',' ? " " : "";
  }
  return words;
}

std::string ReasonOf(const GateCheck& check, const std::string& aside) {
  WEIR_CHECK(check.baseline.has_value());
  WEIR_CHECK(check.candidate.has_value());
  WEIR_CHECK(check.change_ratio.has_value());
  return fmt::format("{} {} ({}), {}", SubjectOf(check), Movement(check), Numbers(check, aside),
                     Meaning(check));
}

std::string SubjectOf(const GateCheck& check) {
  const std::string subject = BareSubject(BareMetric(check)) + ScopeInWords(check.metric);
  return check.step.empty() ? subject
                            : fmt::format("{} of step '{}'", subject, Printable(check.step));
}

std::string ToleranceOf(const GateCheck& check) {
  return InPoints(check) ? fmt::format("{} percentage points", Percent(check.tolerance))
                         : fmt::format("{} %", Percent(check.tolerance));
}

std::string ValueText(double value, const std::string& unit) {
  if (unit == "ns" && value < 1000) {
    return fmt::format("{:.3g} ns", value);  // A benchmark has fractions of them.
  }
  if (unit == "ns") {
    return FormatDuration(FromSeconds(value / 1e9));
  }
  if (unit == "s") {
    return FormatDuration(FromSeconds(value));
  }
  if (unit == "bytes") {
    return FormatBytes(static_cast<std::uint64_t>(std::max(value, 0.0)));
  }
  if (unit.empty()) {
    return fmt::format("{:.4g}", value);
  }
  return unit == "per_s" ? FormatRate(value) : fmt::format("{} %", Percent(value));
}

}  // namespace weir::analysis
