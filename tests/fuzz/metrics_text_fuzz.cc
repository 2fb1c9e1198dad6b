#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "loadgen/metrics_text.h"

namespace {

using weir::loadgen::MetricSelector;

// The first line of the input is taken as a selector too, so that both readers are tried.
std::vector<MetricSelector> SelectorsFor(std::string_view page) {
  std::vector<MetricSelector> selectors = weir::loadgen::DefaultMetricSelectors();
  const std::string_view first = page.substr(0, page.find('\n'));
  const weir::Result<MetricSelector> own = weir::loadgen::ParseMetricSelector(first);
  if (own) {
    WEIR_CHECK(!own->name.empty());
    selectors.push_back(*own);
  } else {
    WEIR_CHECK(!own.error().message.empty());
  }
  return selectors;
}

}  // namespace

// A page of whoever answers on that port: at most one finite number for each selector.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view page(reinterpret_cast<const char*>(data), size);
  const std::vector<MetricSelector> selectors = SelectorsFor(page);
  const std::vector<weir::TargetValue> values = weir::loadgen::SelectMetrics(page, selectors);
  WEIR_CHECK(values.size() <= selectors.size());
  for (const weir::TargetValue& value : values) {
    WEIR_CHECK(!value.name.empty());
    WEIR_CHECK(!std::isnan(value.value));
  }
  return 0;
}
