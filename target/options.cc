#include "target/options.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace weir::target {
namespace {

constexpr std::string_view kLatencySpellings =
    "fixed:1ms, exponential:2ms, lognormal:5ms:0.5 (median and sigma) or bimodal:1ms:20ms:1% "
    "(fast, slow, share of slow)";

constexpr double kSigmaMax = 5;
constexpr double kTailFactorMin = 0.01;
constexpr double kTailFactorMax = 100;

std::vector<std::string_view> SplitAtColons(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t colon = text.find(':'); colon != std::string_view::npos;
       colon = text.find(':')) {
    parts.push_back(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  parts.push_back(text);
  return parts;
}

/// A finite number and nothing behind it; NaN for anything else, which fails every range check.
double NumberOrNan(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? value : std::numeric_limits<double>::quiet_NaN();
}

bool InRange(double value, double low, double high) {
  return value >= low && value <= high;
}

tl::unexpected<Error> BadLatency(std::string_view text, std::string_view problem) {
  return UsageError(
      fmt::format("latency '{}': {}; write {}", Printable(text, 60), problem, kLatencySpellings));
}

Result<Nanos> ParseLatencySpan(std::string_view part) {
  Result<Nanos> span = ParseDuration(part);
  if (span && *span > kLatencyMax) {
    return UsageError(fmt::format("'{}' is longer than 1 hour", Printable(part, 40)));
  }
  return span;
}

struct ShapeSyntax {
  std::string_view name;
  LatencyShape shape;
  std::size_t parts;
  std::string_view meaning;
};

constexpr std::array<ShapeSyntax, 4> kShapes = {{
    {"fixed", LatencyShape::kFixed, 2, "one duration"},
    {"exponential", LatencyShape::kExponential, 2, "one duration, the mean"},
    {"lognormal", LatencyShape::kLognormal, 3, "a duration, the median, and a sigma"},
    {"bimodal", LatencyShape::kBimodal, 4, "two durations and the share of the slow one"},
}};

std::string UnknownShape(std::string_view name) {
  const std::array<std::string_view, 4> names = {"fixed", "exponential", "lognormal", "bimodal"};
  const std::optional<std::string> nearest = NearestWord(name, names);
  return fmt::format("'{}' is not a distribution{}", Printable(name, 40),
                     nearest ? fmt::format(", did you mean '{}'?", *nearest) : "");
}

Status ReadShapeParts(const std::vector<std::string_view>& parts, LatencyModel& model) {
  if (model.shape == LatencyShape::kLognormal) {
    model.sigma = NumberOrNan(parts[2]);
    if (!InRange(model.sigma, 0, kSigmaMax)) {
      return UsageError(
          fmt::format("sigma '{}' is not a number between 0 and 5", Printable(parts[2], 40)));
    }
  }
  if (model.shape == LatencyShape::kBimodal) {
    const Result<Nanos> slow = ParseLatencySpan(parts[2]);
    const Result<double> share = ParseRatio(parts[3]);
    if (!slow || !share) {
      return tl::unexpected(!slow ? slow.error() : share.error());
    }
    model.slow = *slow;
    model.slow_share = *share;
  }
  return {};
}

Status ValidateStall(const TargetOptions& options) {
  const bool has_stall = options.stall > Nanos(0);
  const bool has_period = options.every > Nanos(0);
  if (options.stall < Nanos(0) || options.every < Nanos(0)) {
    return UsageError("--stall and --every must not be negative");
  }
  if (has_stall && !has_period) {
    return UsageError(
        fmt::format("--stall {} needs a period; add --every, for example '--every 5s'",
                    FormatDuration(options.stall)));
  }
  if (has_period && !has_stall) {
    return UsageError(fmt::format(
        "--every {} needs the length of the stall; add --stall, for example '--stall 500ms'",
        FormatDuration(options.every)));
  }
  if (has_stall && options.stall >= options.every) {
    return UsageError(fmt::format(
        "--stall {} leaves no time to answer in a period of --every {}; make it shorter",
        FormatDuration(options.stall), FormatDuration(options.every)));
  }
  return {};
}

}  // namespace

Result<LatencyModel> ParseLatency(std::string_view text) {
  const std::vector<std::string_view> parts = SplitAtColons(text);
  const ShapeSyntax* syntax = nullptr;
  for (const ShapeSyntax& candidate : kShapes) {
    if (candidate.name == parts[0]) {
      syntax = &candidate;
    }
  }
  if (syntax == nullptr) {
    return BadLatency(text, UnknownShape(parts[0]));
  }
  if (parts.size() != syntax->parts) {
    return BadLatency(text, fmt::format("'{}' takes {}", syntax->name, syntax->meaning));
  }
  const Result<Nanos> typical = ParseLatencySpan(parts[1]);
  if (!typical) {
    return BadLatency(text, typical.error().message);
  }
  LatencyModel model;
  model.shape = syntax->shape;
  model.typical = *typical;
  if (const Status rest = ReadShapeParts(parts, model); !rest) {
    return BadLatency(text, rest.error().message);
  }
  return model;
}

Result<SlowTail> ParseSlowTail(std::string_view text) {
  const std::vector<std::string_view> parts = SplitAtColons(text);
  SlowTail tail;
  if (parts.size() == 2) {
    tail.factor = NumberOrNan(parts[0]);
    tail.quantile = NumberOrNan(parts[1]);
  }
  if (parts.size() != 2 || !InRange(tail.factor, kTailFactorMin, kTailFactorMax) ||
      !InRange(tail.quantile, 0, 1)) {
    return UsageError(fmt::format(
        "slow tail '{}' is not FACTOR:QUANTILE; write a factor between 0.01 and 100 and a quantile "
        "between 0 and 1, for example '1.2:0.95' to make the slowest 5 % of answers 20 % slower",
        Printable(text, 60)));
  }
  return tail;
}

Result<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) {
    return UsageError(
        fmt::format("'{}' is not a port; write a number between 1 and 65535, or 0 for a free one",
                    Printable(text, 40)));
  }
  return port;
}

namespace {

// In the largest unit of which it is a whole number.
std::string Exactly(Nanos span) {
  for (const auto& [unit, ns] :
       {std::pair("s", 1'000'000'000), std::pair("ms", 1'000'000), std::pair("us", 1'000)}) {
    if (span.count() % ns == 0) {
      return fmt::format("{}{}", span.count() / ns, unit);
    }
  }
  return fmt::format("{}ns", span.count());
}

}  // namespace

std::string FormatLatency(const LatencyModel& model) {
  switch (model.shape) {
    case LatencyShape::kFixed:
      return fmt::format("fixed:{}", Exactly(model.typical));
    case LatencyShape::kExponential:
      return fmt::format("exponential:{}", Exactly(model.typical));
    case LatencyShape::kLognormal:
      return fmt::format("lognormal:{}:{}", Exactly(model.typical), model.sigma);
    case LatencyShape::kBimodal:
      return fmt::format("bimodal:{}:{}:{}", Exactly(model.typical), Exactly(model.slow),
                         model.slow_share);
  }
  return {};
}

Status Validate(const TargetOptions& options) {
  const LatencyModel& model = options.latency;
  const auto valid_span = [](Nanos span) { return span >= Nanos(0) && span <= kLatencyMax; };
  if (!valid_span(model.typical) || !valid_span(model.slow) ||
      !InRange(model.sigma, 0, kSigmaMax) || !InRange(model.slow_share, 0, 1)) {
    return UsageError(
        fmt::format("latency {} is out of range; durations go up to 1 hour, sigma to "
                    "5, shares to 1",
                    FormatLatency(model)));
  }
  if (!InRange(options.slow_tail.factor, kTailFactorMin, kTailFactorMax) ||
      !InRange(options.slow_tail.quantile, 0, 1)) {
    return UsageError("the slow tail's factor must be 0.01 to 100 and its quantile 0 to 1");
  }
  if (!InRange(options.error_ratio, 0, 1)) {
    return UsageError("--errors must be a share between 0 and 1, for example '1%'");
  }
  if (options.workers > kWorkersMax) {
    return UsageError(
        fmt::format("--workers {} is too large; the most is {}", options.workers, kWorkersMax));
  }
  if (options.body_bytes > kBodyBytesMax) {
    return UsageError(fmt::format("--body {} is too large; the most is {}",
                                  FormatBytes(options.body_bytes), FormatBytes(kBodyBytesMax)));
  }
  return ValidateStall(options);
}

}  // namespace weir::target
