#include "reports/internal/number_text.h"

#include <fmt/format.h>

#include "base/text.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {

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
  return fmt::format("{:.3g} %", *value * 100);
}

std::string ChangeInWords(std::optional<double> change, std::string_view unit) {
  if (!change) {
    return "n/a";
  }
  return unit == "ratio" ? fmt::format("{:+.2f} pp", *change * 100) : FormatChange(*change);
}

std::string IntervalInWords(const std::optional<Interval>& interval, std::string_view unit) {
  if (!interval) {
    return "n/a";
  }
  const int decimals = unit == "ratio" ? 2 : 1;
  return fmt::format("{:+.{}f} .. {:+.{}f} {}", interval->low * 100, decimals, interval->high * 100,
                     decimals, unit == "ratio" ? "pp" : "%");
}

std::string RunsInWords(std::size_t runs) {
  return fmt::format("{} run{}", runs, runs == 1 ? "" : "s");
}

}  // namespace weir::reports
