#include "analysis/changepoint.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::analysis {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Step {
  int at = 0;
  double ratio = 0;  ///< 0.05: 5 % more from here on.
};

// Response times around 20 ms that vary by 1 %.
std::vector<double> History(int n, std::span<const Step> steps, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> values;
  for (int t = 0; t < n; ++t) {
    double value = 20e6 * std::exp(0.01 * rng.Normal());
    for (const Step& step : steps) {
      value *= t >= step.at ? 1 + step.ratio : 1;
    }
    values.push_back(value);
  }
  return values;
}

std::vector<std::size_t> IndicesOf(const ChangePoints& found) {
  std::vector<std::size_t> indices;
  for (const ChangePoint& point : found.points) {
    indices.push_back(point.index);
  }
  return indices;
}

ChangePoints Find(const std::vector<double>& values) {
  return FindChangePoints({values, {}});
}

TEST(ChangePointTest, SaysWhichRunMovedItByHowMuchAndHowSure) {
  const std::vector<Step> steps = {{60, 0.05}};
  const ChangePoints found = Find(History(120, steps, 1));
  ASSERT_EQ(found.points.size(), 1U);
  const ChangePoint& point = found.points[0];
  EXPECT_EQ(point.index, 60U);
  EXPECT_LE(point.low, 60U);
  EXPECT_GE(point.high, 60U);
  EXPECT_LE(point.high - point.low, 2U);
  ASSERT_TRUE(point.change_ratio && point.change_ratio_interval);
  EXPECT_NEAR(*point.change_ratio, 0.05, 0.006);
  EXPECT_LT(point.change_ratio_interval->low, 0.05);
  EXPECT_GT(point.change_ratio_interval->high, 0.05);
  EXPECT_NEAR(point.change, 1e6, 0.15e6);
  EXPECT_NEAR(point.before, 20e6, 0.1e6);
  EXPECT_NEAR(point.after, 21e6, 0.1e6);
  EXPECT_GT(point.confidence, 0.99);
  EXPECT_FALSE(point.went_away);
  EXPECT_TRUE(found.noise.logarithmic);
  EXPECT_NEAR(found.noise.scale, 0.01, 0.003);
  EXPECT_TRUE(found.warnings.empty());
}

TEST(ChangePointTest, ScaleOfTheValuesDoesNotMatter) {
  const std::vector<Step> steps = {{40, 0.04}, {90, -0.06}};
  std::vector<double> values = History(140, steps, 2);
  const ChangePoints in_ns = Find(values);
  for (double& value : values) {
    value /= 1024 * 1024;
  }
  const ChangePoints in_ms = Find(values);
  ASSERT_EQ(IndicesOf(in_ns), IndicesOf(in_ms));
  ASSERT_EQ(in_ns.points.size(), 2U);
  EXPECT_NEAR(*in_ns.points[1].change_ratio, *in_ms.points[1].change_ratio, 1e-9);
  EXPECT_NEAR(in_ns.points[1].confidence, in_ms.points[1].confidence, 1e-6);
}

TEST(ChangePointTest, ShiftDoesNotMatterWhereValuesMayBeNegative) {
  Rng rng(3);
  std::vector<double> values;
  for (int t = 0; t < 100; ++t) {
    values.push_back(rng.Normal() + (t >= 45 ? 4 : 0));
  }
  const ChangePoints here = Find(values);
  EXPECT_FALSE(here.noise.logarithmic);
  ASSERT_EQ(IndicesOf(here), (std::vector<std::size_t>{45}));
  EXPECT_FALSE(here.points[0].change_ratio);
  EXPECT_NEAR(here.points[0].change, 4, 0.5);
  for (double& value : values) {
    value -= 1000;
  }
  EXPECT_EQ(IndicesOf(Find(values)), IndicesOf(here));
}

TEST(ChangePointTest, AppendingGivesWhatTheWholeHistoryGives) {
  const std::vector<Step> steps = {{50, 0.05}, {110, 0.08}};
  const std::vector<double> values = History(160, steps, 4);
  ChangePointTracker tracker;
  for (std::size_t t = 0; t < values.size(); ++t) {
    tracker.Append({.value = values[t]});
    if (t % 20 == 19) {
      const ChangePoints whole = FindChangePoints({std::span(values).first(t + 1), {}});
      const ChangePoints grown = tracker.Result();
      ASSERT_EQ(IndicesOf(grown), IndicesOf(whole)) << t;
      for (std::size_t i = 0; i < grown.points.size(); ++i) {
        EXPECT_EQ(grown.points[i].confidence, whole.points[i].confidence);
        EXPECT_EQ(grown.points[i].low, whole.points[i].low);
      }
    }
  }
}

TEST(ChangePointTest, AppendingGoesOnAcrossParts) {
  std::vector<Step> steps;
  for (int at = 200; at < 2500; at += 300) {
    steps.push_back({at, at % 600 == 200 ? 0.06 : -0.05});
  }
  const std::vector<double> values = History(2500, steps, 15);
  ChangePointTracker tracker;
  for (std::size_t t = 0; t < values.size(); ++t) {
    tracker.Append({.value = values[t]});
    if (t % 300 == 299) {
      EXPECT_EQ(
          IndicesOf(tracker.Result()),
          IndicesOf(Find({values.begin(), values.begin() + static_cast<std::ptrdiff_t>(t + 1)})))
          << "asking for a result must not change the next";
    }
  }
}

TEST(ChangePointTest, ReversedHistoriesStepAtTheSamePlaces) {
  for (std::uint64_t seed = 20; seed < 40; ++seed) {
    const std::vector<Step> steps = {{40, 0.05}, {100, -0.06}};
    const std::vector<double> values = History(160, steps, seed);
    const ChangePoints forward = Find(values);
    const ChangePoints backward = Find({values.rbegin(), values.rend()});
    ASSERT_EQ(forward.points.size(), backward.points.size()) << seed;
    for (std::size_t i = 0; i < forward.points.size(); ++i) {
      const ChangePoint& mirrored = backward.points[backward.points.size() - 1 - i];
      EXPECT_EQ(forward.points[i].index, 160 - mirrored.index) << seed;
      EXPECT_NEAR(forward.points[i].before, mirrored.after, 1e-9 * mirrored.after);
    }
  }
}

TEST(ChangePointTest, LongHistoriesAreJudgedInParts) {
  std::vector<Step> steps;
  for (int at = 300; at < 4000; at += 450) {
    steps.push_back({at, at % 900 == 300 ? 0.06 : -0.05});
  }
  const ChangePoints found = Find(History(4000, steps, 5));
  ASSERT_EQ(found.points.size(), steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(found.points[i].index), steps[i].at, 1);
  }
}

// With a price of log 1,024 for a step in each part, this history was flagged.
TEST(ChangePointTest, VeryLongHistoriesWithoutAStepHaveNone) {
  EXPECT_EQ(IndicesOf(Find(History(60'000, {}, 2))), std::vector<std::size_t>());
}

TEST(ChangePointTest, ASingleFarRunIsNotAStep) {
  std::vector<double> values = History(100, {}, 6);
  values[30] *= 3;
  values[70] *= 0.5;
  values[71] *= 1.5;
  EXPECT_TRUE(Find(values).points.empty());
}

TEST(ChangePointTest, AnExcursionIsSaidToHaveGoneAway) {
  const std::vector<Step> steps = {{50, 0.08}, {62, -0.074}};
  const ChangePoints found = Find(History(120, steps, 7));
  ASSERT_EQ(found.points.size(), 2U);
  EXPECT_TRUE(found.points[0].went_away);
  EXPECT_FALSE(found.points[1].went_away);
}

TEST(ChangePointTest, GapsDoNotMoveTheStep) {
  const std::vector<Step> steps = {{60, 0.06}};
  std::vector<double> values = History(120, steps, 8);
  for (const std::size_t gone : {5U, 20U, 21U, 22U, 61U, 62U, 90U}) {
    values[gone] = kNan;
  }
  const ChangePoints found = Find(values);
  ASSERT_EQ(IndicesOf(found), (std::vector<std::size_t>{60}));
  EXPECT_NEAR(*found.points[0].change_ratio, 0.06, 0.01);
}

TEST(ChangePointTest, UncertainRunsWeighLess) {
  // The last runs are slow, but measured so badly that it says little.
  std::vector<double> values = History(60, {}, 9);
  std::vector<double> errors(60, 20e6 * 0.002);
  for (std::size_t t = 52; t < 60; ++t) {
    values[t] *= 1.04;
  }
  ASSERT_EQ(FindChangePoints({values, errors}).points.size(), 1U);
  std::fill(errors.begin() + 52, errors.end(), 20e6 * 0.08);
  EXPECT_TRUE(FindChangePoints({values, errors}).points.empty());
}

TEST(ChangePointTest, EqualErrorsSayNothing) {
  const std::vector<Step> steps = {{30, 0.05}};
  const std::vector<double> values = History(80, steps, 10);
  const std::vector<double> errors(80, 20e6 * 0.001);
  EXPECT_EQ(IndicesOf(FindChangePoints({values, errors})), IndicesOf(Find(values)));
}

TEST(ChangePointTest, TiesAndCoarseValuesAreFine) {
  std::vector<double> values = History(100, std::vector<Step>{{50, 0.10}}, 11);
  for (double& value : values) {
    value = std::round(value / 1e6);  // Whole milliseconds: 20, 21, 22.
  }
  EXPECT_EQ(IndicesOf(Find(values)), (std::vector<std::size_t>{50}));
}

TEST(ChangePointTest, AnExactStepBetweenEqualValuesIsFound) {
  std::vector<double> values(40, 5.0);
  std::fill(values.begin() + 17, values.end(), 6.0);
  const ChangePoints found = Find(values);
  ASSERT_EQ(IndicesOf(found), (std::vector<std::size_t>{17}));
  EXPECT_EQ(found.points[0].low, 17U);
  EXPECT_EQ(found.points[0].high, 17U);
}

TEST(ChangePointTest, EqualValuesHaveNoChange) {
  const ChangePoints found = Find(std::vector<double>(50, 7.5));
  EXPECT_TRUE(found.points.empty());
  EXPECT_TRUE(found.warnings.empty());
}

TEST(ChangePointTest, TooFewRunsAreSaidToBeTooFew) {
  for (const std::size_t n : {0U, 1U, 9U}) {
    const ChangePoints found = Find(History(static_cast<int>(n), {}, 12));
    EXPECT_TRUE(found.points.empty());
    ASSERT_EQ(found.warnings.size(), 1U);
    EXPECT_EQ(found.warnings[0], "Only " + std::to_string(n) +
                                     (n == 1 ? " run has" : " runs have") +
                                     " a value; change points can be found from 10 runs on.");
  }
  EXPECT_EQ(Find(std::vector<double>(30, kNan)).warnings.size(), 1U);
}

TEST(ChangePointTest, InfiniteValuesCountAsMissingAndAreSaid) {
  std::vector<double> values = History(60, std::vector<Step>{{30, 0.08}}, 13);
  values[10] = kInfinity;
  values[40] = -kInfinity;
  const ChangePoints found = Find(values);
  EXPECT_EQ(IndicesOf(found), (std::vector<std::size_t>{30}));
  ASSERT_EQ(found.warnings.size(), 1U);
  EXPECT_EQ(found.warnings[0], "2 of 60 runs have an infinite value; they count as missing.");
}

TEST(ChangePointTest, ValuesBeyondArithmeticAreAWarningNotACrash) {
  std::vector<double> values;
  for (int t = 0; t < 40; ++t) {
    values.push_back(t % 2 == 0 ? 1.7e308 : -1.7e308);
  }
  const ChangePoints found = Find(values);
  EXPECT_TRUE(found.points.empty());
  EXPECT_EQ(found.warnings.size(), 1U);
}

TEST(ChangePointTest, IndicesOfPlaceAreInOrderWhateverTheInput) {
  Rng rng(14);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> values;
    const int n = static_cast<int>(rng.Below(60));
    for (int t = 0; t < n; ++t) {
      const double u = rng.Uniform();
      values.push_back(u < 0.05   ? kNan
                       : u < 0.08 ? kInfinity
                       : u < 0.3  ? 1
                                  : std::exp(20 * (rng.Uniform() - 0.5)) * (u < 0.4 ? -1 : 1));
    }
    const ChangePoints found = Find(values);
    for (const ChangePoint& point : found.points) {
      EXPECT_LE(point.low, point.index);
      EXPECT_LE(point.index, point.high);
      EXPECT_LT(point.high, values.size());
      EXPECT_GE(point.confidence, 0.4);
      EXPECT_LE(point.confidence, 1);
      EXPECT_TRUE(std::isfinite(point.change));
    }
  }
}

}  // namespace
}  // namespace weir::analysis
