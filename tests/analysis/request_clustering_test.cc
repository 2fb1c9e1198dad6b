#include "analysis/request_clustering.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::analysis {
namespace {

std::optional<Clustering> Cluster(const std::vector<Histogram>& stretches, double q) {
  std::vector<CoarseCounts> counts(stretches.size());
  std::vector<const CoarseCounts*> pointers;
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    counts[i].Add(stretches[i]);
    pointers.push_back(&counts[i]);
  }
  return ClusteringAt(pointers, q);
}

// Two values only: 10 stretches of 100 requests, of which one has all 50 slow ones. Share 0.05,
// expected 5 a stretch with variance 4.75: (45^2 + 9 * 5^2) / 4.75 / 9 = 52.63.
TEST(ClusteringAtTest, AgreesWithTheArithmetic) {
  std::vector<Histogram> stretches(10);
  for (std::size_t i = 0; i < 10; ++i) {
    stretches[i].RecordNs(1000, i == 3 ? 50 : 100);
    stretches[i].RecordNs(9000, i == 3 ? 50 : 0);
  }
  const auto clustering = Cluster(stretches, 0.9);
  ASSERT_TRUE(clustering);
  EXPECT_NEAR(clustering->dispersion, (45.0 * 45 + 9 * 25) / 4.75 / 9, 1e-9);
  EXPECT_NEAR(clustering->effective_samples, 1000 / clustering->dispersion, 1e-9);
  EXPECT_LT(clustering->p, 1e-12);
}

// Independent requests: dispersion 1 on average, and p below 1 % in 1 % of the cases.
TEST(ClusteringAtTest, IndependentRequestsAreWorthTheirNumber) {
  constexpr int kRuns = 600;
  double sum = 0;
  int alarms = 0;
  for (int run = 0; run < kRuns; ++run) {
    Rng rng(static_cast<std::uint64_t>(run + 1));
    std::vector<Histogram> stretches(20);
    for (Histogram& stretch : stretches) {
      for (int i = 0; i < 200; ++i) {
        stretch.RecordNs(static_cast<std::uint64_t>(1e6 * (1 + rng.Exponential())), 1);
      }
    }
    const auto clustering = Cluster(stretches, 0.9);
    sum += clustering->dispersion;
    alarms += clustering->p < 0.01 ? 1 : 0;
  }
  EXPECT_NEAR(sum / kRuns, 1, 0.06);
  EXPECT_LE(alarms, 6 + 4 * std::sqrt(6.0));
}

TEST(ClusteringAtTest, SaysNothingOfTooLittle) {
  std::vector<Histogram> stretches(5);
  EXPECT_FALSE(Cluster(stretches, 0.5));
  for (Histogram& stretch : stretches) {
    stretch.RecordNs(1000, 100);
  }
  EXPECT_FALSE(Cluster(stretches, 0.99)) << "all values are equal";
}

}  // namespace
}  // namespace weir::analysis
