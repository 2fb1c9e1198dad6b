#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/apdex.h"
#include "analysis/autocorrelation.h"
#include "analysis/dose_response.h"
#include "analysis/isotonic.h"
#include "analysis/lagged_correlation.h"
#include "analysis/run_metric.h"
#include "analysis/sample_join.h"
#include "analysis/spectral_lines.h"
#include "analysis/web_vitals.h"
#include "analysis/whitening.h"
#include "base/rng.h"
#include "tests/analysis/golden_table.h"
#include "tests/analysis/ux_sets.h"

namespace weir::analysis {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(SpearmanTest, AgreesWithSciPy) {
  for (auto& row : tests::ReadGoldenTable("spearman.csv")) {
    const auto value = SpearmanCorrelation(tests::NumbersOf(row["x"]), tests::NumbersOf(row["y"]));
    EXPECT_NEAR(*value, tests::NumberOf(row["value"]), 1e-12);
  }
  EXPECT_FALSE(SpearmanCorrelation(std::vector<double>(9, 1.0), std::vector<double>(9, 2.0)));
}

TEST(LaggedCorrelationTest, AKnownLagIsTheOnlyOneAsked) {
  Rng rng(5);
  std::vector<double> driver;
  std::vector<double> outcome;
  for (int t = 0; t < 300; ++t) {
    driver.push_back(rng.Normal());
    outcome.push_back((t < 3 ? 0 : driver[static_cast<std::size_t>(t) - 3]) + 0.3 * driver.back() +
                      rng.Normal());
  }
  const auto any = CorrelateLagged(driver, outcome, {.lag_max = 10}).found;
  const auto known = CorrelateLagged(driver, outcome, {.lag_max = 10, .lag_known = true}).found;
  ASSERT_TRUE(any && known);
  EXPECT_EQ(any->lag, 3);
  EXPECT_EQ(known->lag, 0);
  EXPECT_EQ(known->lag_low, 0);
  EXPECT_EQ(known->lag_high, 0);
  EXPECT_EQ(known->by_lag, any->by_lag);
  EXPECT_EQ(known->correlation, any->by_lag[10]);
}

TEST(SpectralLinesTest, FindsAPlantedSeasonAndItsHarmonic) {
  Rng rng(1);
  std::vector<double> values(600);
  for (std::size_t t = 0; t < values.size(); ++t) {
    values[t] = rng.Normal() + 2 * tests::DailyCourse(t, 24, 0.3);
  }
  std::vector<double> lines = FindSpectralLines(values);
  ASSERT_GE(lines.size(), 2U);
  EXPECT_NEAR(lines[0], 1.0 / 24, 2e-4);
  EXPECT_NEAR(lines[1], 2.0 / 24, 2e-4);
  double left = 0;
  for (const double value : WithoutLines(values, lines)) {
    left += value * value / 600;
  }
  EXPECT_NEAR(left, 1, 0.2);
}

TEST(SpectralLinesTest, SeldomFindsOneInNoise) {
  int found = 0;
  for (std::uint64_t round = 0; round < 100; ++round) {
    Rng rng = Rng::ForPart(2, round);
    found += !FindSpectralLines(tests::Autoregression(rng, 300, 0.3)).empty();
  }
  EXPECT_LE(found, 8);
  EXPECT_TRUE(FindSpectralLines({}).empty());
  EXPECT_TRUE(FindSpectralLines(std::vector<double>(100, 3.0)).empty());
}

TEST(WhiteningTest, RecoversPlantedCoefficientsAndTakesMemoryOut) {
  Rng rng(3);
  std::vector<double> values(5'000);
  for (std::size_t t = 2; t < values.size(); ++t) {
    values[t] = 0.5 * values[t - 1] + 0.3 * values[t - 2] + rng.Normal();
  }
  const std::vector<double> fitted = FitAutoregression(values, 8);
  ASSERT_GE(fitted.size(), 2U);
  EXPECT_NEAR(fitted[0], 0.5, 0.05);
  EXPECT_NEAR(fitted[1], 0.3, 0.05);
  const std::vector<double> rest = Whitened(values, fitted);
  EXPECT_TRUE(std::isnan(rest.front()));
  EXPECT_NEAR(EffectiveSizeOf(rest).time, 1, 0.15);
  EXPECT_TRUE(FitAutoregression(std::vector<double>(100, 1.0), 5).empty());
}

// Slow and obviously right: the value at i is the largest, over starts a <= i, of the smallest mean
// of values[a .. b] over ends b >= i.
std::vector<double> SlowIsotonic(const std::vector<double>& values) {
  std::vector<double> fit;
  for (std::size_t i = 0; i < values.size(); ++i) {
    double best = -std::numeric_limits<double>::infinity();
    for (std::size_t a = 0; a <= i; ++a) {
      double smallest = std::numeric_limits<double>::infinity();
      double sum = 0;
      for (std::size_t b = a; b < values.size(); ++b) {
        sum += values[b];
        if (b >= i) {
          smallest = std::min(smallest, sum / static_cast<double>(b - a + 1));
        }
      }
      best = std::max(best, smallest);
    }
    fit.push_back(best);
  }
  return fit;
}

TEST(IsotonicTest, AgreesWithTheMaxMinFormula) {
  for (std::uint64_t round = 0; round < 200; ++round) {
    Rng rng = Rng::ForPart(5, round);
    std::vector<double> values(1 + rng.Below(20));
    std::vector<double> negated;
    for (double& value : values) {
      value = std::floor(10 * rng.Normal()) / 10;
      negated.push_back(-value);
    }
    const std::vector<double> slow = SlowIsotonic(values);
    const std::vector<double> rising = IsotonicFit(values, {}, Direction::kRising);
    const std::vector<double> falling = IsotonicFit(negated, {}, Direction::kFalling);
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_NEAR(rising[i], slow[i], 1e-12);
      EXPECT_NEAR(falling[i], -slow[i], 1e-12);
    }
  }
  EXPECT_TRUE(IsotonicFit({}, {}, Direction::kRising).empty());
}

TEST(IsotonicTest, AWeightOfTwoIsTheSameAsTheValueTwice) {
  const std::vector<double> twice =
      IsotonicFit(std::vector<double>{3, 3, 1, 2}, {}, Direction::kRising);
  const std::vector<double> weighted =
      IsotonicFit(std::vector<double>{3, 1, 2}, std::vector<double>{2, 1, 1}, Direction::kRising);
  EXPECT_NEAR(weighted[0], twice[0], 1e-12);
  EXPECT_NEAR(weighted[2], twice[3], 1e-12);
}

struct Planted {
  std::vector<double> dose;
  std::vector<double> outcome;
};

// Flat up to 250, then falling; the outcome has memory and a season of its own.
Planted PlantBend(std::uint64_t round) {
  Rng rng = Rng::ForPart(7, round);
  Planted planted;
  planted.dose = tests::LatencySeries(rng, 600, 0.5, 24);
  const std::vector<double> memory = tests::Autoregression(rng, 600, 0.4);
  for (std::size_t t = 0; t < 600; ++t) {
    planted.outcome.push_back(5 - 0.01 * std::max(0.0, planted.dose[t] - 250) + 0.2 * memory[t] +
                              0.3 * tests::DailyCourse(t, 24, 1));
  }
  return planted;
}

TEST(DoseResponseTest, TheIntervalOfTheThresholdCoversThePlantedOne) {
  constexpr int kRounds = 20;
  int covered = 0;
  int given = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Planted planted = PlantBend(static_cast<std::uint64_t>(round));
    const auto dose = EstimateDoseResponse(planted.dose, planted.outcome, {.resamples = 100});
    ASSERT_TRUE(dose);
    EXPECT_TRUE(std::is_sorted(dose->response.rbegin(), dose->response.rend()));
    if (dose->threshold) {
      ++given;
      covered += dose->threshold_interval->low <= 250 && 250 <= dose->threshold_interval->high;
    }
  }
  EXPECT_GE(given, kRounds - 1);
  // Of 20 intervals of 95 %, 17 or more hold the truth with a probability of 98 %.
  EXPECT_GE(covered, given - 3);
}

TEST(DoseResponseTest, AStraightLineHasNoThresholdAndSaysSo) {
  Rng rng(9);
  std::vector<double> dose;
  std::vector<double> outcome;
  for (int t = 0; t < 500; ++t) {
    dose.push_back(100 + 50 * rng.Uniform());
    outcome.push_back(-0.02 * dose.back() + 0.3 * rng.Normal());
  }
  const auto result = EstimateDoseResponse(dose, outcome, {.resamples = 100});
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->threshold);
  EXPECT_NE(result->threshold_reason.find("a straight line fits as well"), std::string::npos);
}

TEST(DoseResponseTest, TooLittleGivesNoCurve) {
  EXPECT_FALSE(EstimateDoseResponse({}, {}, {}));
  EXPECT_FALSE(
      EstimateDoseResponse(std::vector<double>(100, 1.0), std::vector<double>(100, 2.0), {}));
  EXPECT_FALSE(
      EstimateDoseResponse(std::vector<double>(100, kNaN), std::vector<double>(100, 2.0), {}));
}

// 60 within T, 30 within 4 T, 10 later or failed: (60 + 15) / 100.
TEST(ApdexTest, CountsToleratingHalfAndFailedNot) {
  Histogram answered;
  answered.RecordNs(100'000'000, 60);
  answered.RecordNs(1'500'000'000, 30);
  answered.RecordNs(3'000'000'000, 4);
  const auto apdex = ApdexOf(answered, 6, std::chrono::milliseconds(500));
  EXPECT_EQ(apdex->satisfied, 60U);
  EXPECT_EQ(apdex->tolerating, 30U);
  EXPECT_EQ(apdex->frustrated, 10U);
  EXPECT_DOUBLE_EQ(apdex->score, 0.75);
  EXPECT_FALSE(apdex->few);
  EXPECT_LT(apdex->interval.low, 0.75);
  EXPECT_GT(apdex->interval.high, 0.75);
  EXPECT_EQ(ApdexRating(apdex->score), "fair");
}

TEST(ApdexTest, StepsWithTheirOwnTargetsAddUp) {
  Histogram button;
  button.RecordNs(100'000'000, 50);
  Histogram listing;
  listing.RecordNs(3'000'000'000, 50);
  const std::vector<Apdex> steps = {*ApdexOf(button, 0, std::chrono::milliseconds(200)),
                                    *ApdexOf(listing, 10, std::chrono::seconds(1))};
  const auto all = CombinedApdex(steps);
  EXPECT_EQ(all->satisfied, 50U);
  EXPECT_EQ(all->tolerating, 50U);
  EXPECT_EQ(all->frustrated, 10U);
  EXPECT_DOUBLE_EQ(all->score, 75.0 / 110);
  EXPECT_FALSE(CombinedApdex({}));
}

TEST(ApdexTest, IsAMetricOfARun) {
  weir::Run run;
  run.plan.steps = {{"flow", "list"}};
  StepRecord& record = run.totals.emplace_back();
  record.counts.planned = 1'000;
  record.latency[Outcome::kCompleted].response.RecordNs(100'000'000, 900);
  const auto metric = ParseRunMetric("apdex.250ms");
  ASSERT_TRUE(metric);
  EXPECT_EQ(metric->unit, "score");
  EXPECT_TRUE(metric->HigherIsBetter());
  const RunMetricValue value = ValueOf(run, *metric, "list");
  EXPECT_DOUBLE_EQ(*value.value, 0.9);
  EXPECT_NEAR(*value.error, std::sqrt(0.9 * 0.1 / 1'000), 0.0005);
  EXPECT_FALSE(ParseRunMetric("apdex.fast"));
  EXPECT_FALSE(ParseRunMetric("apdex.0ms"));
  EXPECT_FALSE(ValueOf(weir::Run(), *metric, "").value);
}

TEST(ApdexTest, MergingHistogramsIsTheSameAsOne) {
  Histogram first;
  Histogram second;
  Histogram both;
  Rng rng(11);
  for (int i = 0; i < 1'000; ++i) {
    const Nanos value(static_cast<std::int64_t>(1e9 * rng.Exponential()));
    (i % 3 == 0 ? first : second).Record(value);
    both.Record(value);
  }
  first.Merge(second);
  const Nanos t = std::chrono::milliseconds(400);
  EXPECT_EQ(ApdexOf(first, 5, t)->score, ApdexOf(both, 5, t)->score);
  EXPECT_FALSE(ApdexOf(Histogram(), 0, t));
  EXPECT_EQ(ApdexOf(Histogram(), 3, t)->score, 0);
  EXPECT_TRUE(ApdexOf(Histogram(), 3, t)->few);
}

TEST(WebVitalsTest, ReadsColumnsAndRatesAtTheirLimits) {
  EXPECT_EQ(WebVitalOf("lcp_ms")->vital->name, "LCP");
  EXPECT_EQ(WebVitalOf("TTFB_s")->scale, 1'000);
  EXPECT_EQ(WebVitalOf("CLS")->vital->name, "CLS");
  EXPECT_FALSE(WebVitalOf("cls_ms"));
  EXPECT_FALSE(WebVitalOf("latency_ms"));
  const WebVital& lcp = *WebVitalOf("LCP")->vital;
  EXPECT_EQ(RateWebVital(lcp, std::vector<double>(50, 2'500)).rating, WebVitalRating::kGood);
  EXPECT_EQ(RateWebVital(lcp, std::vector<double>(50, 2'501)).rating,
            WebVitalRating::kNeedsImprovement);
  EXPECT_EQ(RateWebVital(lcp, std::vector<double>(50, 4'001)).rating, WebVitalRating::kPoor);
  EXPECT_TRUE(RateWebVital(lcp, std::vector<double>(50, 4'001)).certain);
  EXPECT_EQ(RateWebVital(lcp, {}).rating, WebVitalRating::kUnknown);
}

SeriesTable TableOf(const std::vector<int>& seconds, std::vector<double> values) {
  SeriesTable table;
  table.source = "t";
  for (const int second : seconds) {
    table.times.push_back(WallTime(std::chrono::seconds(second)));
  }
  table.series.push_back(tests::Named("x", std::move(values)));
  return table;
}

TEST(SampleJoinTest, TakesMediansOfEqualStretchesThatBothReach) {
  const SeriesTable a = TableOf({0, 10, 20, 60, 130}, {1, 5, 3, 7, 9});
  const SeriesTable b = TableOf({65, 125, 400}, {10, 20, 30});
  const auto joined = JoinOnTime(a, b, std::chrono::seconds(60));
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->series[0].values, (std::vector<double>{7, 9}));
  EXPECT_EQ(joined->series[1].name, "x_2");
  EXPECT_EQ(joined->series[1].values, (std::vector<double>{10, 20}));
  EXPECT_EQ(joined->times[0], WallTime(std::chrono::seconds(60)));
}

TEST(SampleJoinTest, SaysWhyItCannotJoin) {
  const SeriesTable a = TableOf({0, 10}, {1, 2});
  EXPECT_FALSE(JoinOnTime(a, TableOf({1'000}, {1}), std::chrono::seconds(60)));
  SeriesTable timeless = a;
  timeless.times.clear();
  EXPECT_FALSE(JoinOnTime(timeless, a, std::chrono::seconds(60)));
  EXPECT_FALSE(JoinOnTime(TableOf({0, 2'000'000}, {1, 2}), TableOf({0, 2'000'000}, {1, 2}),
                          std::chrono::milliseconds(1)));
}

TEST(SampleJoinTest, SplitsByLabelsInOrderOfAppearance) {
  SeriesTable table = TableOf({0, 1, 2, 3}, {1, 2, 3, 4});
  table.labels.push_back({.name = "segment", .values = {"web", "app", "web", "app"}});
  const auto groups = SplitByLabels(table, std::vector<std::string>{"segment"});
  ASSERT_TRUE(groups);
  ASSERT_EQ(groups->size(), 2U);
  EXPECT_EQ((*groups)[0].key, std::vector<std::string>{"web"});
  EXPECT_EQ((*groups)[1].table.series[0].values, (std::vector<double>{2, 4}));
}

}  // namespace
}  // namespace weir::analysis
