#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/histogram_codec.h"

namespace {

void CheckConsistent(const weir::Histogram& histogram) {
  std::uint64_t count = 0;
  histogram.ForEachBucket([&](const weir::Histogram::Bucket& bucket) { count += bucket.count; });
  WEIR_CHECK(count == histogram.count());
  if (count > 0) {
    WEIR_CHECK(histogram.min_ns() <= histogram.max_ns());
    WEIR_CHECK(histogram.QuantileNs(0) == histogram.min_ns());
    WEIR_CHECK(histogram.QuantileNs(1) == histogram.max_ns());
  }
}

}  // namespace

// Bytes from an old or damaged store: either refused with a reason, or a histogram that is
// consistent in itself and survives being written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const weir::Result<weir::Histogram> histogram = weir::DecodeHistogram({data, size});
  if (!histogram) {
    WEIR_CHECK(!histogram.error().message.empty());
    return 0;
  }
  CheckConsistent(*histogram);
  const weir::Result<weir::Histogram> again =
      weir::DecodeHistogram(weir::EncodeHistogram(*histogram));
  WEIR_CHECK(again.has_value());
  WEIR_CHECK(*again == *histogram);
  return 0;
}
