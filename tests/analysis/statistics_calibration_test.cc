// What the statistics core promises on data with nothing in it, on seeded samples; bounds are those
// that chance alone exceeds about once in a thousand.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/bootstrap.h"
#include "analysis/equivalence.h"
#include "analysis/exact_intervals.h"
#include "analysis/harrell_davis.h"
#include "analysis/moments.h"
#include "analysis/multiplicity.h"
#include "analysis/permutation.h"
#include "analysis/rank_tests.h"
#include "analysis/sequential_t.h"
#include "base/rng.h"
#include "tests/analysis/random_series.h"

namespace weir::analysis {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> Normals(Rng& rng, std::size_t size) {
  std::vector<double> values(size);
  for (double& value : values) {
    value = rng.Normal();
  }
  return values;
}

double Mean(std::span<const double> values) {
  return MomentsOf(values).mean;
}

double MeanError(std::span<const double> values) {
  const Moments moments = MomentsOf(values);
  return std::sqrt(moments.variance() / moments.count);
}

// How often the interval of the mean of `size` values covers their true mean.
template <typename Draw, typename IntervalOf>
double Coverage(std::size_t size, double truth, Draw draw, IntervalOf interval_of) {
  constexpr int kRounds = 400;
  int covered = 0;
  for (int round = 0; round < kRounds; ++round) {
    Rng rng = Rng::ForPart(17, static_cast<std::uint64_t>(round) * 64 + size);
    std::vector<double> values(size);
    for (double& value : values) {
      value = draw(rng);
    }
    const Interval interval = interval_of(values);
    covered += interval.low <= truth && truth <= interval.high;
  }
  return static_cast<double>(covered) / kRounds;
}

Interval Bca(const std::vector<double>& values, BootstrapOptions::Widening widening) {
  return BcaInterval(values, &Mean, {.resamples = 1'000, .widening = widening})->interval;
}

TEST(BootstrapTest, WideningMendsTheCoverageOfFewNormalValues) {
  const auto normal = [](Rng& rng) { return rng.Normal(); };
  for (const std::size_t size : {5U, 10U}) {
    const double plain = Coverage(size, 0, normal, [](const std::vector<double>& values) {
      return Bca(values, BootstrapOptions::Widening::kNone);
    });
    const double widened = Coverage(size, 0, normal, [](const std::vector<double>& values) {
      return Bca(values, BootstrapOptions::Widening::kSmallSize);
    });
    EXPECT_LT(plain, 0.93) << size;
    EXPECT_GT(widened, plain + 0.02) << size;
    EXPECT_GE(widened, size == 5 ? 0.88 : 0.92) << size;
  }
}

// What the header says no widening mends.
TEST(BootstrapTest, SkewedFewValuesStayUnderCoveredAndTheResultWarns) {
  const auto skewed = [](Rng& rng) { return std::exp(rng.Normal()); };
  const double covered = Coverage(5, std::exp(0.5), skewed, [](const std::vector<double>& values) {
    return Bca(values, BootstrapOptions::Widening::kSmallSize);
  });
  EXPECT_LT(covered, 0.90);
  EXPECT_FALSE(BcaInterval(std::vector<double>{1, 2, 3, 4, 5}, &Mean)->warnings.empty());
}

TEST(BootstrapTest, StudentisedCoversSkewedMeansBetterThanBca) {
  const auto skewed = [](Rng& rng) { return std::exp(rng.Normal()); };
  const double truth = std::exp(0.5);
  const double bca = Coverage(20, truth, skewed, [](const std::vector<double>& values) {
    return Bca(values, BootstrapOptions::Widening::kNone);
  });
  const double studentised = Coverage(20, truth, skewed, [](const std::vector<double>& values) {
    return StudentisedInterval(values, &Mean, &MeanError, {.resamples = 1'000})->interval;
  });
  EXPECT_GT(studentised, bca);
  EXPECT_GE(studentised, 0.88);
}

TEST(BootstrapTest, MovesWithShiftAndScale) {
  const std::vector<double> values = {3, 1, 4, 1, 5, 9, 2, 6, 5};
  std::vector<double> moved;
  for (const double value : values) {
    moved.push_back(2 * value - 10);
  }
  const Interval before = BcaInterval(values, &Mean)->interval;
  const Interval after = BcaInterval(moved, &Mean)->interval;
  EXPECT_NEAR(after.low, 2 * before.low - 10, 1e-9);
  EXPECT_NEAR(after.high, 2 * before.high - 10, 1e-9);
}

TEST(BootstrapTest, RefusesWhatHasNoInterval) {
  EXPECT_FALSE(BcaInterval(std::vector<double>{1, 2}, &Mean));
  EXPECT_FALSE(BcaInterval(std::vector<double>(20, 3.0), &Mean));
  EXPECT_FALSE(StudentisedInterval(std::vector<double>(20, 3.0), &Mean, &MeanError));
  EXPECT_FALSE(BcaInterval(std::vector<double>{1, 2, kInfinity, 4}, &Mean));
}

TEST(RankTestsTest, HoldTheirLevelAndTheIntervalItsConfidence) {
  constexpr int kRounds = 2'000;
  int rejected = 0;
  int missed = 0;
  for (int round = 0; round < kRounds; ++round) {
    Rng rng = Rng::ForPart(23, static_cast<std::uint64_t>(round));
    const std::vector<double> a = Normals(rng, 7);
    const std::vector<double> b = Normals(rng, 9);
    rejected += TestMannWhitney(a, b, Tail::kTwoSided).p_value <= 0.05;
    const HodgesLehmann shift = *EstimateShift(a, b, 0.95);
    EXPECT_GE(shift.confidence, 0.95);
    missed += shift.interval->low > 0 || shift.interval->high < 0;
  }
  EXPECT_LE(rejected, tests::CountMax(kRounds, 0.05));
  EXPECT_LE(missed, tests::CountMax(kRounds, 0.05));
  EXPECT_GE(rejected, kRounds / 50);  // Not by never rejecting.
}

// The test rejects a shift exactly when the interval leaves it out.
TEST(RankTestsTest, TestAndIntervalAgree) {
  for (std::uint64_t round = 0; round < 300; ++round) {
    Rng rng = Rng::ForPart(29, round);
    const std::vector<double> a = Normals(rng, 4 + rng.Below(8));
    std::vector<double> b = Normals(rng, 4 + rng.Below(8));
    for (double& value : b) {
      value += 1;
    }
    const auto shift = EstimateShift(a, b, 0.9);
    const bool rejected = TestMannWhitney(a, b, Tail::kTwoSided).p_value <= 0.1;
    EXPECT_EQ(rejected, shift->interval->low > 0 || shift->interval->high < 0) << round;
  }
}

TEST(RankTestsTest, SwappingTheSidesMirrorsTheAnswer) {
  Rng rng(31);
  const std::vector<double> a = Normals(rng, 40);
  const std::vector<double> b = Normals(rng, 45);
  EXPECT_NEAR(TestMannWhitney(a, b, Tail::kGreater).p_value,
              TestMannWhitney(b, a, Tail::kLess).p_value, 1e-12);
  EXPECT_NEAR(EstimateShift(a, b, 0.95)->shift, -EstimateShift(b, a, 0.95)->shift, 1e-15);
}

TEST(RankTestsTest, ExactAndNormalMeetWhereOneTakesOver) {
  Rng rng(37);
  for (int round = 0; round < 20; ++round) {
    std::vector<double> a = Normals(rng, 30);
    std::vector<double> b = Normals(rng, 30);
    const MannWhitney exact = TestMannWhitney(a, b, Tail::kTwoSided);
    ASSERT_TRUE(exact.exact);
    const double deviation = std::sqrt(30.0 * 30 * 61 / 12);
    const double z = (std::fabs(exact.u - 450) - 0.5) / deviation;
    EXPECT_NEAR(exact.p_value, std::min(1.0, std::erfc(z / std::sqrt(2))), 4e-3);
  }
}

TEST(RankTestsTest, MillionsOfValuesAreNoTrouble) {
  Rng rng(41);
  const std::vector<double> a = Normals(rng, 20'000);
  std::vector<double> b = Normals(rng, 20'000);
  for (double& value : b) {
    value += 0.5;
  }
  EXPECT_NEAR(EstimateShift(a, b, 0.95)->shift, 0.5, 0.04);
}

TEST(RankTestsTest, EmptyOrEqualSidesSayNothing) {
  const std::vector<double> none;
  const std::vector<double> equal(10, 4.0);
  EXPECT_EQ(TestMannWhitney(none, equal, Tail::kTwoSided).p_value, 1);
  EXPECT_EQ(TestMannWhitney(equal, equal, Tail::kTwoSided).p_value, 1);
  EXPECT_FALSE(EstimateShift(none, equal, 0.95));
  EXPECT_EQ(EstimateShift(equal, equal, 0.95)->shift, 0);
  EXPECT_FALSE(EstimateShift(std::vector<double>{1}, std::vector<double>{2}, 0.95)->interval);
}

TEST(PermutationTest, DrawnArrangementsHoldTheLevel) {
  constexpr int kRounds = 400;
  int rejected = 0;
  for (int round = 0; round < kRounds; ++round) {
    Rng rng = Rng::ForPart(43, static_cast<std::uint64_t>(round));
    const auto test = TestByPermutation(Normals(rng, 12), Normals(rng, 12), &MeanDifference,
                                        Tail::kTwoSided, {.arrangements_max = 300});
    EXPECT_FALSE(test.exact);
    rejected += test.p_value <= 0.05;
  }
  EXPECT_LE(rejected, tests::CountMax(kRounds, 0.05));
  EXPECT_GE(rejected, kRounds / 50);
}

TEST(PermutationTest, SaysNothingAboutNothing) {
  EXPECT_EQ(TestByPermutation({}, {}, &MeanDifference, Tail::kGreater).p_value, 1);
  EXPECT_EQ(TestBySigns({}, Tail::kGreater).p_value, 1);
  EXPECT_EQ(TestBySigns(std::vector<double>(5, 0.0), Tail::kTwoSided).p_value, 1);
}

// Families of 20 nulls, correlated as the metrics of one run are.
TEST(MultiplicityTest, HolmAndSimesHoldTheFamilyError) {
  constexpr int kRounds = 2'000;
  int holm = 0;
  int simes = 0;
  for (int round = 0; round < kRounds; ++round) {
    Rng rng = Rng::ForPart(47, static_cast<std::uint64_t>(round));
    const double shared = rng.Normal();
    std::vector<double> p_values;
    for (int i = 0; i < 20; ++i) {
      const double z = 0.6 * shared + 0.8 * rng.Normal();
      p_values.push_back(std::erfc(std::fabs(z) / std::sqrt(2)));
    }
    const std::vector<double> adjusted = HolmAdjusted(p_values);
    holm += *std::min_element(adjusted.begin(), adjusted.end()) <= 0.05;
    simes += SimesP(p_values) <= 0.05;
  }
  EXPECT_LE(holm, tests::CountMax(kRounds, 0.05));
  EXPECT_LE(simes, tests::CountMax(kRounds, 0.05));
}

TEST(MultiplicityTest, TestsThatCouldNotBeMadeDoNotCount) {
  const std::vector<double> p_values = {0.01, kNaN, 0.03};
  EXPECT_NEAR(HolmAdjusted(p_values)[0], 0.02, 1e-15);
  EXPECT_TRUE(std::isnan(BenjaminiHochbergAdjusted(p_values)[1]));
  EXPECT_TRUE(HolmAdjusted({}).empty());
  EXPECT_EQ(SimesP({}), 1);
}

TEST(EquivalenceTest, SaysEquivalentAtTheMarginOnlyAsOftenAsAlpha) {
  constexpr int kRounds = 2'000;
  int wrong = 0;
  for (int round = 0; round < kRounds; ++round) {
    Rng rng = Rng::ForPart(53, static_cast<std::uint64_t>(round));
    std::vector<double> differences = Normals(rng, 10);
    for (double& difference : differences) {
      difference += 2;
    }
    const auto estimate = PairedDifference(differences);
    wrong += TestEquivalence(*estimate, {.low = -2, .high = 2}, 0.05).equivalent;
  }
  EXPECT_LE(wrong, tests::CountMax(kRounds, 0.05));
}

TEST(EquivalenceTest, IntervalInsideTheMarginIsTheSameAnswer) {
  for (std::uint64_t round = 0; round < 300; ++round) {
    Rng rng = Rng::ForPart(59, round);
    const auto estimate = WelchDifference(Normals(rng, 6), Normals(rng, 8));
    const Equivalence test = TestEquivalence(*estimate, {.low = -1, .high = 1}, 0.1);
    EXPECT_EQ(test.equivalent, test.interval.low >= -1 && test.interval.high <= 1);
  }
  EXPECT_FALSE(WelchDifference(std::vector<double>(4, 1.0), std::vector<double>(4, 1.0)));
  EXPECT_FALSE(PairedDifference(std::vector<double>{1}));
}

// Exact: for every true chance the coverage is at least as stated. Summed over all outcomes.
TEST(ExactIntervalsTest, CoverAsStatedForEveryChance) {
  constexpr std::uint64_t kTrials = 12;
  for (double chance = 0.01; chance < 1; chance += 0.0137) {
    double covered = 0;
    for (std::uint64_t k = 0; k <= kTrials; ++k) {
      const Interval interval = ClopperPearson(k, kTrials, 0.9);
      const auto wins = static_cast<double>(k);
      const double log_ways = std::lgamma(kTrials + 1) - std::lgamma(wins + 1) -
                              std::lgamma(static_cast<double>(kTrials) - wins + 1);
      const double point = std::exp(log_ways + wins * std::log(chance) +
                                    (static_cast<double>(kTrials) - wins) * std::log1p(-chance));
      covered += interval.low <= chance && chance <= interval.high ? point : 0;
    }
    EXPECT_GE(covered, 0.9) << chance;
  }
}

TEST(HarrellDavisTest, LiesInsideTheSampleAndMirrors) {
  Rng rng(61);
  std::vector<double> values = Normals(rng, 200);
  std::sort(values.begin(), values.end());
  std::vector<double> mirrored;
  for (auto value = values.rbegin(); value != values.rend(); ++value) {
    mirrored.push_back(-*value);
  }
  for (const double q : {0.001, 0.3, 0.5, 0.95, 0.9999}) {
    const double estimate = HarrellDavis(values, q);
    EXPECT_GE(estimate, values.front());
    EXPECT_LE(estimate, values.back());
    EXPECT_NEAR(estimate, -HarrellDavis(mirrored, 1 - q), 1e-9);
  }
}

// Looking after each of 20 values, in 1,000 sequences.
TEST(SequentialTTest, EverFailRateStaysUnderAlpha) {
  constexpr int kRounds = 1'000;
  int ever = 0;
  for (int round = 0; round < kRounds; ++round) {
    Rng rng = Rng::ForPart(67, static_cast<std::uint64_t>(round));
    SequentialT test;
    for (int i = 0; i < 20; ++i) {
      test.Add(rng.Normal());
    }
    ever += test.p_value() <= 0.05;
  }
  EXPECT_LE(ever, tests::CountMax(kRounds, 0.05));
}

TEST(SequentialTTest, FindsAnEffectOfTwoDeviationsWithinTenPairs) {
  int found = 0;
  for (std::uint64_t round = 0; round < 200; ++round) {
    Rng rng = Rng::ForPart(71, round);
    SequentialT test;
    for (int i = 0; i < 10; ++i) {
      test.Add(2 + rng.Normal());
    }
    found += test.p_value() <= 0.05;
  }
  EXPECT_GE(found, 195);
}

TEST(SequentialTTest, IsFreeOfScaleAndNeverRises) {
  SequentialT test;
  SequentialT scaled;
  double before = 1;
  Rng rng(73);
  for (int i = 0; i < 40; ++i) {
    const double value = rng.Normal() + 0.7;
    const double p = test.Add(value);
    EXPECT_NEAR(scaled.Add(1e6 * value), p, 1e-9);
    EXPECT_LE(p, before);
    before = p;
  }
}

TEST(SequentialTTest, EqualDifferencesAreCertainOnlyIfNotNought) {
  SequentialT nought;
  SequentialT one;
  for (int i = 0; i < 5; ++i) {
    nought.Add(0);
    one.Add(1);
  }
  EXPECT_EQ(nought.p_value(), 1);
  EXPECT_LT(one.p_value(), 0.05);
  EXPECT_TRUE(std::isfinite(SequentialTEvidence(1'000'000, kInfinity)));
  EXPECT_TRUE(std::isfinite(SequentialTEvidence(1'000'000, -3)));
}

}  // namespace
}  // namespace weir::analysis
