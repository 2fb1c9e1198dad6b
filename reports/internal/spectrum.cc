#include "reports/internal/spectrum.h"

#include <algorithm>
#include <cmath>

namespace weir::reports {

double SpectrumQuantile(std::uint64_t count, std::size_t i) {
  const double share = static_cast<double>(i) / static_cast<double>(kSpectrumPoints - 1);
  return i + 1 >= kSpectrumPoints ? 1 : 1 - std::pow(static_cast<double>(count), -share);
}

Spectrum SpectrumOf(const Histogram& histogram) {
  Spectrum spectrum;
  spectrum.count = histogram.count();
  if (spectrum.count <= 1) {
    spectrum.values_ns.assign(spectrum.count, histogram.empty() ? 0 : histogram.max_ns());
    return spectrum;
  }
  spectrum.values_ns.reserve(kSpectrumPoints);
  spectrum.values_ns.push_back(histogram.min_ns());
  std::uint64_t seen = 0;
  histogram.ForEachBucket([&](const Histogram::Bucket& bucket) {
    seen += bucket.count;
    while (spectrum.values_ns.size() < kSpectrumPoints) {
      const double q = SpectrumQuantile(spectrum.count, spectrum.values_ns.size());
      const double rank = std::ceil(q * static_cast<double>(spectrum.count));
      if (rank > static_cast<double>(seen)) {
        break;
      }
      const std::uint64_t value = std::min(bucket.highest_ns, histogram.max_ns());
      spectrum.values_ns.push_back(rank <= 1 ? histogram.min_ns() : value);
    }
  });
  return spectrum;
}

}  // namespace weir::reports
