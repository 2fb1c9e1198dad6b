#include "scenarios/internal/read_think.h"

#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios::internal {
namespace {

using Distribution = Think::Distribution;

constexpr NanosRange kThinkRange = {Nanos(0), std::chrono::hours(24)};
constexpr std::size_t kArgumentsMax = 2;
// Deviation of a logarithm, and index of a power law; beyond them every pause is the longest.
constexpr double kSigmaMax = 5;
constexpr double kIndexMin = 0.1;
constexpr double kIndexMax = 100;

std::vector<std::string_view> Split(std::string_view list) {
  std::vector<std::string_view> parts;
  while (parts.size() <= kArgumentsMax) {
    const std::size_t comma = list.find(',');
    parts.push_back(Trimmed(list.substr(0, comma)));
    if (comma == std::string_view::npos) {
      break;
    }
    list.remove_prefix(comma + 1);
  }
  return parts;
}

std::optional<double> Number(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

// Of a median or a shortest pause and what shapes the tail.
std::optional<Think> Tailed(std::string_view word, Nanos span, std::string_view text) {
  const std::optional<double> shape = Number(text);
  if (word == "lognormal" && shape && *shape >= 0 && *shape <= kSigmaMax) {
    return Think{Distribution::kLognormal, span, Nanos(0), Nanos(0), *shape};
  }
  if (word == "pareto" && shape && *shape >= kIndexMin && *shape <= kIndexMax) {
    return Think{Distribution::kPareto, Nanos(0), span, Nanos(0), *shape};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Think> ReadThink(const YamlNode& node, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText({node, "think"}, diagnostics);
  if (!text) {
    return std::nullopt;
  }
  std::string_view rest = Trimmed(*text);
  std::string_view word;
  if (const std::size_t bracket = rest.find('(');
      bracket != std::string_view::npos && rest.ends_with(')')) {
    word = Trimmed(rest.substr(0, bracket));
    rest = rest.substr(bracket + 1, rest.size() - bracket - 2);
  }
  const std::vector<std::string_view> parts = Split(rest);
  const Result<Nanos> span = CheckedDuration(parts[0], kThinkRange);
  if (!span) {
    diagnostics.Add(node.span, Explained("think", span.error()));
    return std::nullopt;
  }
  if (parts.size() == 1 && (word.empty() || word == "exponential")) {
    return Think{word.empty() ? Distribution::kFixed : Distribution::kExponential, *span, Nanos(0),
                 Nanos(0)};
  }
  if (parts.size() == 2 && word == "uniform") {
    const Result<Nanos> high = CheckedDuration(parts[1], kThinkRange);
    if (!high) {
      diagnostics.Add(node.span, Explained("think", high.error()));
      return std::nullopt;
    }
    if (*span <= *high) {
      return Think{Distribution::kUniform, Nanos(0), *span, *high};
    }
  }
  std::optional<Think> tailed;
  if (parts.size() == 2) {
    tailed = Tailed(word, *span, parts[1]);
  }
  if (!tailed) {
    diagnostics.Add(node.span, fmt::format("'{}' is not a think time", Printable(*text, 60)),
                    "write 800ms, exponential(800ms), uniform(1s, 3s), lognormal(800ms, 0.5) or "
                    "pareto(1s, 2.5)");
  }
  return tailed;
}

}  // namespace weir::scenarios::internal
