// Error rates on seeded histories whose truth is known. Bounds are binomial: a detector with the
// rate in question breaks them once in about a thousand seeds. docs/statistics.md has the rates
// themselves, from many more histories.

#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/changepoint.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

constexpr int kHistories = 200;
constexpr double kVariation = 0.02;

using NoiseSource = std::function<std::vector<double>(Rng&, int)>;

double CountMax(double trials, double rate) {
  return trials * rate + 3.1 * std::sqrt(trials * rate * (1 - rate)) + 0.5;
}

std::vector<double> Independent(Rng& rng, int n, const std::function<double(Rng&)>& draw) {
  std::vector<double> noise;
  for (int t = 0; t < n; ++t) {
    noise.push_back(draw(rng));
  }
  return noise;
}

std::vector<double> WithMemory(Rng& rng, int n, double memory) {
  std::vector<double> noise = {rng.Normal()};
  while (static_cast<int>(noise.size()) < n) {
    noise.push_back(memory * noise.back() + std::sqrt(1 - memory * memory) * rng.Normal());
  }
  return noise;
}

std::vector<double> Drifting(Rng& rng, int n) {
  std::vector<double> noise;
  const double phase = rng.Uniform();
  const double waves = 0.5 + rng.Uniform();
  for (int t = 0; t < n; ++t) {
    noise.push_back(rng.Normal() + 2 * std::sin(2 * std::numbers::pi * (waves * t / n + phase)));
  }
  return noise;
}

// Of histories of 60 to 300 runs without a step, how many are flagged.
int Flagged(const NoiseSource& source) {
  int flagged = 0;
  for (int i = 0; i < kHistories; ++i) {
    Rng rng = Rng::ForPart(77, static_cast<std::uint64_t>(i));
    const int n = 60 + static_cast<int>(rng.Below(240));
    std::vector<double> values = source(rng, n);
    for (double& value : values) {
      value = 1000 * std::exp(kVariation * value);
    }
    flagged += FindChangePoints({values, {}}).points.empty() ? 0 : 1;
  }
  return flagged;
}

TEST(ChangePointRatesTest, IndependentRunsAreFlaggedInAtMostTwoPercent) {
  EXPECT_LE(Flagged([](Rng& rng, int n) {
              return Independent(rng, n, [](Rng& r) { return r.Normal(); });
            }),
            CountMax(kHistories, 0.02));
}

TEST(ChangePointRatesTest, RunsWithMemoryAreFlaggedInAtMostFivePercent) {
  for (const double memory : {0.25, 0.45, 0.65, 0.85}) {
    EXPECT_LE(Flagged([&](Rng& rng, int n) { return WithMemory(rng, n, memory); }),
              CountMax(kHistories, 0.05))
        << memory;
  }
}

TEST(ChangePointRatesTest, DriftingRunsAreFlaggedInAtMostFivePercent) {
  EXPECT_LE(Flagged(Drifting), CountMax(kHistories, 0.05));
}

TEST(ChangePointRatesTest, HeavyTailsAreFlaggedInAtMostTwoPercent) {
  EXPECT_LE(Flagged([](Rng& rng, int n) {
              return Independent(rng, n, [](Rng& r) {  // Student's t, 3 degrees of freedom.
                double squares = 0;
                for (int k = 0; k < 3; ++k) {
                  const double z = r.Normal();
                  squares += z * z;
                }
                return r.Normal() / std::sqrt(squares / 3);
              });
            }),
            CountMax(kHistories, 0.02));
}

TEST(ChangePointRatesTest, SkewedRunsAreFlaggedInAtMostTwoPercent) {
  EXPECT_LE(Flagged([](Rng& rng, int n) {
              return Independent(rng, n, [](Rng& r) { return r.Exponential(); });
            }),
            CountMax(kHistories, 0.02));
}

TEST(ChangePointRatesTest, TwoSpeedsAreFlaggedInAtMostTwoPercent) {
  EXPECT_LE(Flagged([](Rng& rng, int n) {
              return Independent(
                  rng, n, [](Rng& r) { return 0.5 * r.Normal() + (r.Uniform() < 0.35 ? 2 : 0); });
            }),
            CountMax(kHistories, 0.02));
}

TEST(ChangePointRatesTest, StepsOfThreeDeviationsAreFoundAndTheirIntervalHoldsThem) {
  int found = 0;
  int held = 0;
  double width = 0;
  for (int i = 0; i < kHistories; ++i) {
    Rng rng = Rng::ForPart(78, static_cast<std::uint64_t>(i));
    const auto at = static_cast<std::size_t>(20 + rng.Below(60));
    std::vector<double> values;
    for (std::size_t t = 0; t < 100; ++t) {
      values.push_back(std::exp(kVariation * (rng.Normal() + (t >= at ? 3 : 0))));
    }
    for (const ChangePoint& point : FindChangePoints({values, {}}).points) {
      if (point.index + 3 >= at && point.index <= at + 3) {
        ++found;
        held += point.low <= at && at <= point.high ? 1 : 0;
        width += static_cast<double>(point.high - point.low + 1);
      }
    }
  }
  EXPECT_GE(found, kHistories * 99 / 100);
  EXPECT_LE(found - held, CountMax(found, 0.1)) << "the interval claims 90 %";
  EXPECT_LE(width / found, 2);
}

}  // namespace
}  // namespace weir::analysis
