#include "base/rng.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr int kSamples = 20'000;

// Largest distance between the empirical and the stated distribution function.
template <typename Cdf>
double KolmogorovDistance(std::vector<double> values, Cdf cdf) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  double distance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = cdf(values[i]);
    distance = std::max({distance, expected - static_cast<double>(i) / n,
                         static_cast<double>(i + 1) / n - expected});
  }
  return distance;
}

// Exceeded by a right generator once in 1000 seeds (asymptotic 99.9 % point).
double KolmogorovLimit(std::size_t n) {
  return 1.9495 / std::sqrt(static_cast<double>(n));
}

struct Moments {
  double mean = 0;
  double variance = 0;
};

Moments MomentsOf(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  Moments moments;
  for (const double value : values) {
    moments.mean += value / n;
  }
  for (const double value : values) {
    moments.variance += (value - moments.mean) * (value - moments.mean) / (n - 1);
  }
  return moments;
}

template <typename Draw>
std::vector<double> Sample(std::uint64_t seed, Draw draw) {
  Rng rng(seed);
  std::vector<double> values(kSamples);
  std::generate(values.begin(), values.end(), [&] { return draw(rng); });
  return values;
}

// From the authors' xoshiro256plusplus.c and splitmix64.c: four words of splitmix64 as the state.
struct KnownAnswer {
  std::uint64_t seed;
  std::array<std::uint64_t, 4> numbers;
};

TEST(RngTest, GivesTheNumbersOfTheReferenceAlgorithm) {
  constexpr std::array<KnownAnswer, 3> kAnswers = {{
      {0, {0x53175d61490b23df, 0x61da6f3dc380d507, 0x5c0fdf91ec9a7bfc, 0x02eebf8c3bbe5e1a}},
      {42, {0xd0764d4f4476689f, 0x519e4174576f3791, 0xfbe07cfb0c24ed8c, 0xb37d9f600cd835b8}},
      {0xffffffffffffffffU,
       {0x56ccf8ce948e27b2, 0xe68588432e5a5b90, 0xe3e9b5a48119ca8b, 0x460f19495532ae73}},
  }};
  for (const KnownAnswer& answer : kAnswers) {
    Rng rng(answer.seed);
    for (const std::uint64_t number : answer.numbers) {
      EXPECT_EQ(rng.Next(), number) << answer.seed;
    }
  }
}

TEST(RngTest, SameSeedGivesTheSameNumbers) {
  Rng a(42);
  Rng b(42);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(a.Next(), b.Next());
  }
}

TEST(RngTest, UniformStaysBelowOneAndIsUniform) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
    const std::vector<double> values = Sample(seed, [](Rng& rng) { return rng.Uniform(); });
    EXPECT_GE(*std::min_element(values.begin(), values.end()), 0);
    EXPECT_LT(*std::max_element(values.begin(), values.end()), 1);
    EXPECT_LT(KolmogorovDistance(values, [](double x) { return x; }), KolmogorovLimit(kSamples));
  }
}

TEST(RngTest, BelowIsAlwaysBelow) {
  Rng rng(1);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(rng.Below(1), 0U);
    ASSERT_LT(rng.Below(7), 7U);
    ASSERT_LT(rng.Below(~std::uint64_t{0}), ~std::uint64_t{0});
  }
}

// Chi-square over 10 classes; 27.9 is the 99.9 % point of 9 degrees of freedom.
TEST(RngTest, BelowFavoursNoNumber) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
    Rng rng(seed);
    std::array<double, 10> seen{};
    for (int i = 0; i < kSamples; ++i) {
      ++seen.at(rng.Below(10));
    }
    double chi_square = 0;
    for (const double count : seen) {
      chi_square += (count - kSamples / 10.0) * (count - kSamples / 10.0) / (kSamples / 10.0);
    }
    EXPECT_LT(chi_square, 27.9) << "seed " << seed;
  }
}

// With a bound of 3/4 of the range, a plain multiplication would give a third of the numbers
// twice as often; rejection evens that out. 99.9 % point of 2 degrees of freedom: 13.8.
TEST(RngTest, BelowIsUnbiasedWhereRejectionMatters) {
  constexpr std::uint64_t kBound = std::uint64_t{3} << 62;
  Rng rng(1);
  std::array<double, 3> seen{};
  for (int i = 0; i < kSamples; ++i) {
    ++seen.at(rng.Below(kBound) % 3);
  }
  double chi_square = 0;
  for (const double count : seen) {
    chi_square += (count - kSamples / 3.0) * (count - kSamples / 3.0) / (kSamples / 3.0);
  }
  EXPECT_LT(chi_square, 13.8);
}

// Standard errors for n = 20,000: mean 1/sqrt(n) = 0.0071, variance sqrt(8/n) = 0.02; limits are
// four of them.
TEST(RngTest, ExponentialHasItsMomentsAndDistribution) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
    const std::vector<double> values = Sample(seed, [](Rng& rng) { return rng.Exponential(); });
    EXPECT_GE(*std::min_element(values.begin(), values.end()), 0);
    EXPECT_NEAR(MomentsOf(values).mean, 1, 0.0283) << "seed " << seed;
    EXPECT_NEAR(MomentsOf(values).variance, 1, 0.08) << "seed " << seed;
    EXPECT_LT(KolmogorovDistance(values, [](double x) { return -std::expm1(-x); }),
              KolmogorovLimit(kSamples));
  }
}

// Standard errors for n = 20,000: mean 0.0071, variance sqrt(2/n) = 0.01; limits are four of them.
TEST(RngTest, NormalHasItsMomentsAndDistribution) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
    const std::vector<double> values = Sample(seed, [](Rng& rng) { return rng.Normal(); });
    EXPECT_NEAR(MomentsOf(values).mean, 0, 0.0283) << "seed " << seed;
    EXPECT_NEAR(MomentsOf(values).variance, 1, 0.04) << "seed " << seed;
    EXPECT_LT(
        KolmogorovDistance(values, [](double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }),
        KolmogorovLimit(kSamples));
  }
}

// The polar method gives two numbers at a time; they must not be tied to each other.
TEST(RngTest, NeighbouringNormalsAreUncorrelated) {
  const std::vector<double> values = Sample(1, [](Rng& rng) { return rng.Normal(); });
  double product = 0;
  for (std::size_t i = 0; i + 1 < values.size(); ++i) {
    product += values[i] * values[i + 1];
  }
  EXPECT_LT(std::fabs(product) / kSamples, 4 / std::sqrt(double{kSamples}));
}

TEST(RngTest, PartsOfOneSeedNeverShareAStream) {
  std::set<std::uint64_t> first;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    first.insert(Rng(seed).Next());
    for (std::uint64_t part = 0; part < 500; ++part) {
      first.insert(Rng::ForPart(seed, part).Next());
    }
  }
  EXPECT_EQ(first.size(), 20U * 501U);
}

TEST(RngTest, NeighbouringPartsAreUncorrelated) {
  Rng a = Rng::ForPart(1, 0);
  Rng b = Rng::ForPart(1, 1);
  double product = 0;
  for (int i = 0; i < kSamples; ++i) {
    product += (a.Uniform() - 0.5) * (b.Uniform() - 0.5) * 12;
  }
  EXPECT_LT(std::fabs(product) / kSamples, 4 / std::sqrt(double{kSamples}));
}

TEST(RngTest, PartIsReproducible) {
  EXPECT_EQ(Rng::ForPart(7, 3).Next(), Rng::ForPart(7, 3).Next());
}

TEST(RngDeathTest, BelowZeroIsABug) {
  Rng rng(1);
  EXPECT_DEATH(rng.Below(0), "bound > 0");
}

}  // namespace
}  // namespace weir
