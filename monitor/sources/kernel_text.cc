#include "monitor/sources/kernel_text.h"

#include <algorithm>

#include "loadgen/metrics_text.h"

namespace weir::monitor {
namespace {

/// What stands behind `word` and a blank at the beginning of a line.
std::optional<std::string_view> LineOf(std::string_view text, std::string_view word) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.size() > word.size() && line.starts_with(word) && line[word.size()] == ' ') {
      return line.substr(word.size() + 1);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> NumberOf(std::string_view text) {
  return loadgen::ParseMetricValue(text.substr(0, text.find_first_of(" \n")));
}

std::optional<double> FieldOf(std::string_view text, std::string_view key) {
  const auto rest = LineOf(text, key);
  return rest ? NumberOf(*rest) : std::nullopt;
}

std::optional<double> PressureSeconds(std::string_view text, std::string_view kind) {
  constexpr std::string_view kTotal = "total=";
  const auto line = LineOf(text, kind);
  const std::size_t total = line ? line->find(kTotal) : std::string_view::npos;
  if (total == std::string_view::npos) {
    return std::nullopt;
  }
  const auto microseconds = NumberOf(line->substr(total + kTotal.size()));
  return microseconds ? std::optional(*microseconds / 1e6) : std::nullopt;
}

}  // namespace weir::monitor
