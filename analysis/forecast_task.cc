#include "analysis/forecast_task.h"

#include <algorithm>

#include "base/check.h"

namespace weir::analysis {

ValueRange WidenedRange(const std::vector<double>& values, std::size_t known) {
  WEIR_CHECK(known > 0);
  WEIR_CHECK(known <= values.size());
  const auto end = values.begin() + static_cast<std::ptrdiff_t>(known);
  const auto [low, high] = std::minmax_element(values.begin(), end);
  const double width = *high - *low;
  return {.low = *low - width, .high = *high + width};
}

}  // namespace weir::analysis
