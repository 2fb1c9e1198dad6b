#include "analysis/anomaly_group.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "tests/analysis/anomaly_series.h"

namespace weir::analysis {
namespace {

AnomalyReport Find(const std::vector<std::vector<double>>& metrics) {
  const std::vector<std::span<const double>> spans(metrics.begin(), metrics.end());
  return FindAnomalies(spans, {}, {});
}

TEST(AnomalyGroupTest, OneMetricIsJudgedAsAlone) {
  std::vector<double> values = Noise(1, 3'000, 0, 1);
  values[2'000] = 30;
  AnomalyDetector detector;
  const AnomalyReport report = Find({values});
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(report.points[i].score, detector.Push(values[i]).score);
  }
}

TEST(AnomalyGroupTest, AnIncidentInSeveralMetricsIsOneAlert) {
  std::vector<std::vector<double>> metrics;
  for (std::uint64_t i = 0; i < 5; ++i) {
    metrics.push_back(Noise(20 + i, 2'500, 0, 1));
    for (std::size_t row = 2'000 + i; row < 2'010; ++row) {
      metrics.back()[row] += 30;
    }
  }
  std::size_t alerts = 0;
  for (const std::size_t row : Find(metrics).alerts) {
    alerts += row >= 2'000 ? 1 : 0;
  }
  EXPECT_EQ(alerts, 1U);
}

TEST(AnomalyGroupTest, NamesTheMetricThatStandsOut) {
  std::vector<std::vector<double>> metrics = {Noise(31, 2'500, 0, 1), Noise(32, 2'500, 0, 1),
                                              Noise(33, 2'500, 0, 1)};
  metrics[1][2'000] = 50;
  const AnomalyReport report = Find(metrics);
  EXPECT_EQ(report.points[2'000].state, AnomalyState::kAlert);
  EXPECT_EQ(report.lead[2'000], 1U);
}

// The same small departure: in one of ten metrics it is not enough, in all of them it is.
TEST(AnomalyGroupTest, MetricsThatMoveTogetherNeedLess) {
  std::vector<std::vector<double>> alone;
  for (std::uint64_t i = 0; i < 10; ++i) {
    alone.push_back(Noise(40 + i, 2'500, 0, 1));
  }
  std::vector<std::vector<double>> together = alone;
  alone[3][2'000] = 5;
  for (std::vector<double>& metric : together) {
    metric[2'000] = 5;
  }
  EXPECT_LT(Find(alone).points[2'000].score, Find(together).points[2'000].score);
  EXPECT_EQ(Find(together).points[2'000].state, AnomalyState::kAlert);
}

// Watching ten metrics must not cost ten times the false alerts.
TEST(AnomalyGroupTest, ManyMetricsDoNotMultiplyFalseAlerts) {
  std::size_t alone = 0;
  std::size_t together = 0;
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    std::vector<std::vector<double>> metrics;
    for (std::uint64_t i = 0; i < 10; ++i) {
      metrics.push_back(Noise(1'000 + 10 * trial + i, 3'000, 0, 1));
    }
    alone += Find({metrics[0]}).alerts.size();
    together += Find(metrics).alerts.size();
  }
  EXPECT_GT(alone, 0U);
  EXPECT_LT(together, 2 * alone + 20);
}

TEST(AnomalyGroupTest, AMissingMetricLeavesTheOthersToJudge) {
  std::vector<std::vector<double>> metrics = {Noise(51, 2'500, 0, 1), Noise(52, 2'500, 0, 1)};
  std::fill(metrics[0].begin() + 1'990, metrics[0].begin() + 2'010,
            std::numeric_limits<double>::quiet_NaN());
  metrics[1][2'000] = 50;
  const AnomalyReport report = Find(metrics);
  EXPECT_EQ(report.points[2'000].state, AnomalyState::kAlert);
  EXPECT_EQ(report.lead[2'000], 1U);
}

TEST(FindAnomaliesTest, NothingIsNoSeries) {
  const AnomalyReport report = Find({{}});
  EXPECT_TRUE(report.points.empty());
  EXPECT_EQ(report.warnings,
            std::vector<std::string>{"0 values are too few to judge any: the first 200 only teach "
                                     "what is usual"});
}

TEST(FindAnomaliesTest, OneValueIsTooFew) {
  const AnomalyReport report = Find({{1}});
  EXPECT_EQ(report.points.size(), 1U);
  EXPECT_EQ(report.warm_up_rows, 1U);
  EXPECT_EQ(report.warnings.size(), 1U);
}

TEST(FindAnomaliesTest, WarnsWhenAllValuesAreEqual) {
  const AnomalyReport report = Find({std::vector<double>(500, 3)});
  EXPECT_TRUE(report.alerts.empty());
  EXPECT_EQ(report.warnings,
            std::vector<std::string>{"all values are equal: any other value would be strange, and "
                                     "nothing else can be said"});
}

TEST(FindAnomaliesTest, WarnsOfValuesBeyondWhatItComputesWith) {
  std::vector<double> values(300, 1.0);
  values[7] = -1e300;
  const std::vector<std::span<const double>> metrics = {values};
  const AnomalyReport report = FindAnomalies(metrics, {}, {});
  ASSERT_FALSE(report.warnings.empty());
  EXPECT_EQ(report.warnings.back(), "values beyond 1e+30 count as missing: 1 of them");
}

TEST(FindAnomaliesTest, WarnsOfMissingValuesAndOfTimeThatRunsBackwards) {
  std::vector<double> values = Noise(61, 500, 0, 1);
  values[7] = std::numeric_limits<double>::infinity();
  values[8] = std::numeric_limits<double>::quiet_NaN();
  std::vector<WallTime> times;
  for (std::size_t i = 0; i < values.size(); ++i) {
    times.push_back(MomentOf(i == 100 ? 0 : i));
  }
  const std::vector<std::span<const double>> spans = {values};
  EXPECT_EQ(FindAnomalies(spans, times, {}).warnings,
            (std::vector<std::string>{
                "2 of 500 values are missing or not finite",
                "time runs backwards 1 times: rows are judged in the order given"}));
}

}  // namespace
}  // namespace weir::analysis
