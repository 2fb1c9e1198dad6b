// Error rates on seeded series to which nothing happens. The bounds are binomial: a detector with
// the rate in question breaks them once in about a thousand seeds. docs/statistics.md has the rates
// themselves, from many more series.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/analysis/anomaly_series.h"

namespace weir::analysis {
namespace {

constexpr std::uint64_t kSeries = 40;
constexpr std::size_t kValues = 5'000;

double CountMax(double trials, double rate) {
  return trials * rate + 3.1 * std::sqrt(trials * rate) + 0.5;
}

class AnomalyRatesTest : public testing::TestWithParam<NullKind> {
 protected:
  // Judged points of all series of the kind, warm-up left out.
  std::vector<AnomalyPoint> Judged() const {
    std::vector<AnomalyPoint> judged;
    for (std::uint64_t i = 0; i < kSeries; ++i) {
      Rng rng = Rng::ForPart(21, i);
      const std::vector<AnomalyPoint> points = JudgeTimed(GetParam().draw(rng, kValues));
      judged.insert(judged.end(), points.begin() + kAnomalyWarmUp, points.end());
    }
    return judged;
  }
};

// Records among n values become rare as 1 / n, so over the first 5,000 the rate is at its worst.
TEST_P(AnomalyRatesTest, FalseAlertsAreRare) {
  const std::vector<AnomalyPoint> judged = Judged();
  const auto alerts = static_cast<double>(AlertsOf(judged).size());
  EXPECT_LE(alerts, CountMax(static_cast<double>(judged.size()), 1.4e-3));
}

// Of what is said to have probability a, no more than a share a may happen. Counts follow each
// other in time, so the bound allows a fifth on top of the binomial one.
TEST_P(AnomalyRatesTest, TailProbabilitiesAreUpperBounds) {
  const std::vector<AnomalyPoint> judged = Judged();
  for (const double level : {0.1, 0.03, 0.01, 0.003, 0.001}) {
    double at_most = 0;
    for (const AnomalyPoint& point : judged) {
      at_most += point.tail_probability <= level ? 1 : 0;
    }
    EXPECT_LE(at_most, CountMax(static_cast<double>(judged.size()), 1.2 * level)) << level;
  }
}

std::string ParameterName(const testing::TestParamInfo<NullKind>& kind) {
  std::string name = kind.param.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ' ' || c == '.'; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, AnomalyRatesTest, testing::ValuesIn(NullKinds()), ParameterName);

}  // namespace
}  // namespace weir::analysis
