#include "reports/internal/number_text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "analysis/gate_prose.h"
#include "base/text.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {

namespace {

// Counters of benchmarks may be fractions; bytes are whole, and so is what is large.
std::string CountInWords(double value, std::string_view unit) {
  constexpr double kWholeFrom = 100;
  constexpr double kWholeMax = 1e15;
  if (value < 0 || value > kWholeMax || (unit == "count" && value < kWholeFrom)) {
    return fmt::format("{:.4g}", value);
  }
  const auto whole = static_cast<std::uint64_t>(std::llround(value));
  return unit == "count" ? FormatCount(whole)
                         : FormatBytes(whole) + (unit == "bytes_per_s" ? "/s" : "");
}

}  // namespace

std::string ShareInWords(double ratio) {
  const double percent = ratio * 100;
  return percent == 0 ? "0 %" : percent < 0.01 ? "<0.01 %" : fmt::format("{:.2f} %", percent);
}

std::string MetricInWords(std::string_view metric) {
  constexpr std::string_view kResponse = "response_time.";
  const std::string scope = Clean(analysis::ScopeInWords(metric));
  const std::string_view bare = metric.substr(0, metric.find('{'));
  if (bare.starts_with(kResponse)) {
    return "response " + Clean(bare.substr(kResponse.size())) + scope;
  }
  std::string words = Clean(bare);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words + scope;
}

std::string ValueInWords(std::optional<double> value, std::string_view unit, Charset charset) {
  if (!value) {
    return "n/a";
  }
  if (unit == "ns") {
    return CellDuration(*value, charset);
  }
  if (unit == "per_s") {
    return FormatRate(*value);
  }
  if (unit == "score") {
    return fmt::format("{:.2f}", *value);
  }
  if (unit == "s") {
    return CellDuration(*value * 1e9, charset);
  }
  if (unit == "count" || unit == "bytes" || unit == "bytes_per_s") {
    return CountInWords(*value, unit);
  }
  return unit == "ratio" ? ShareInWords(*value) : fmt::format("{:.4g}", *value);
}

std::string ChangeInWords(std::optional<double> change, std::string_view unit) {
  if (!change) {
    return "n/a";
  }
  return unit == "ratio" ? fmt::format("{:+.2f} pp", *change * 100) : FormatChange(*change);
}

std::string IntervalInWords(const std::optional<Interval>& interval, std::string_view unit,
                            Charset charset) {
  if (!interval) {
    return "n/a";
  }
  const int decimals = unit == "ratio" ? 2 : 1;
  return fmt::format("{:+.{}f}{}{:+.{}f} {}", interval->low * 100, decimals,
                     charset == Charset::kUnicode ? "…" : "..", interval->high * 100, decimals,
                     unit == "ratio" ? "pp" : "%");
}

std::string AllowedInWords(const GateCheck& check) {
  if (!check.demand.empty()) {
    return Clean(check.demand);
  }
  return fmt::format("{:.3g} {}", check.tolerance * 100, check.unit == "ratio" ? "pp" : "%");
}

std::string RunsInWords(std::size_t runs) {
  return fmt::format("{} run{}", runs, runs == 1 ? "" : "s");
}

std::string SidesInWords(const GateResult& result, std::string_view candidate,
                         std::string_view baseline) {
  std::string words = fmt::format("{} ({})", candidate, RunsInWords(result.candidate_runs.size()));
  if (!baseline.empty() || !result.baseline_runs.empty()) {
    words += fmt::format(" against {} ({}), design {}", baseline,
                         RunsInWords(result.baseline_runs.size()), Clean(result.design));
  }
  return words;
}

}  // namespace weir::reports
