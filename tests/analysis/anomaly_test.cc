#include "analysis/anomaly.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "tests/analysis/anomaly_series.h"

namespace weir::analysis {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// The first alert at or after `from`, as its cause; kNone when there is none within a day.
AnomalyCause FirstCause(const std::vector<double>& values, std::size_t from) {
  const std::vector<AnomalyPoint> points = JudgeTimed(values);
  for (std::size_t i = from; i < points.size() && i < from + kValuesPerDay; ++i) {
    if (points[i].state == AnomalyState::kAlert) {
      return points[i].cause;
    }
  }
  return AnomalyCause::kNone;
}

TEST(AnomalyDetectorTest, SaysWarmingUpUntilItCanKnow) {
  std::vector<double> values = Noise(1, 300, 50, 1);
  values[150] = 500;
  values[250] = 5'000;
  const std::vector<AnomalyPoint> points = JudgeTimed(values);
  for (std::size_t i = 0; i < kAnomalyWarmUp; ++i) {
    ASSERT_EQ(points[i].state, AnomalyState::kWarmingUp);
    ASSERT_EQ(points[i].score, 0);
    ASSERT_FALSE(points[i].expected);
  }
  EXPECT_EQ(points[250].state, AnomalyState::kAlert);
}

TEST(AnomalyDetectorTest, ASpikeIsAnAlertAtOnce) {
  std::vector<double> values = Noise(2, 3'000, 50, 1);
  values[2'000] = 70;
  const std::vector<AnomalyPoint> points = JudgeTimed(values);
  EXPECT_EQ(points[2'000].state, AnomalyState::kAlert);
  EXPECT_GE(points[2'000].score, 0.5);
  EXPECT_LT(points[2'000].tail_probability, 0.001);
  EXPECT_LT(points[1'999].score, 0.5);
  EXPECT_FALSE(points[2'001].state == AnomalyState::kAlert);
}

TEST(AnomalyDetectorTest, ALevelShiftIsOneAlertAndThenTheNewNormal) {
  std::vector<double> values = Noise(3, 6'000, 50, 1);
  for (std::size_t i = 2'000; i < values.size(); ++i) {
    values[i] += 30;
  }
  const std::vector<std::size_t> alerts = AlertsOf(JudgeTimed(values));
  std::size_t after = 0;
  for (const std::size_t alert : alerts) {
    after += alert >= 2'000 ? 1 : 0;
  }
  EXPECT_NE(FirstCause(values, 2'000), AnomalyCause::kNone);
  EXPECT_LE(after, 2U);
}

TEST(AnomalyDetectorTest, ASlowRampIsFound) {
  std::vector<double> values = Noise(4, 4'000, 50, 1);
  for (std::size_t i = 2'000; i < 2'300; ++i) {
    values[i] += 0.05 * static_cast<double>(i - 2'000);
  }
  EXPECT_NE(FirstCause(values, 2'000), AnomalyCause::kNone);
}

TEST(AnomalyDetectorTest, AMissingWorkingDayIsFoundByTheTimeOfDay) {
  std::vector<double> values = WorkingDays(5, 14);
  for (std::size_t i = 10 * kValuesPerDay; i < 11 * kValuesPerDay; ++i) {
    values[i] = 20 + std::fmod(values[i], 1.0);
  }
  const std::size_t nine = 10 * kValuesPerDay + 9 * 12;
  const std::vector<AnomalyPoint> points = JudgeTimed(values);
  EXPECT_EQ(points[nine].state, AnomalyState::kAlert);
  EXPECT_EQ(points[nine].cause, AnomalyCause::kTimeOfDay);
}

// The first evening and the second morning are news to it.
TEST(AnomalyDetectorTest, OrdinaryWorkingDaysAreQuietOnceSeen) {
  for (const std::size_t alert : AlertsOf(JudgeTimed(WorkingDays(6, 28)))) {
    EXPECT_LT(alert, 2 * kValuesPerDay);
  }
}

TEST(AnomalyDetectorTest, ASeasonInValuesCanBeGiven) {
  std::vector<double> values = WorkingDays(7, 14);
  for (std::size_t i = 10 * kValuesPerDay; i < 11 * kValuesPerDay; ++i) {
    values[i] = 20 + std::fmod(values[i], 1.0);
  }
  AnomalyDetector with(AnomalyOptions{.period_points = kValuesPerDay});
  AnomalyDetector without;
  for (std::size_t i = 0; i < 10 * kValuesPerDay + 9 * 12; ++i) {
    with.Push(values[i]);
    without.Push(values[i]);
  }
  const double at_nine = values[10 * kValuesPerDay + 9 * 12];
  EXPECT_EQ(with.Push(at_nine).cause, AnomalyCause::kTimeOfDay);
  EXPECT_NE(without.Push(at_nine).state, AnomalyState::kAlert);
}

// Four weeks with closed Saturdays teach that; an open one is strange.
TEST(AnomalyDetectorTest, AnOpenSaturdayIsFoundByTheTimeOfWeek) {
  std::vector<double> values = WorkingDays(8, 42);
  for (std::size_t day = 0; day < 40; ++day) {
    for (std::size_t i = 0; i < kValuesPerDay && day % 7 >= 5; ++i) {
      values[day * kValuesPerDay + i] = 20 + std::fmod(values[day * kValuesPerDay + i], 1.0);
    }
  }
  const std::size_t nine = 40 * kValuesPerDay + 9 * 12;  // The sixth Saturday.
  const std::vector<AnomalyPoint> points = JudgeTimed(values);
  EXPECT_EQ(points[nine].state, AnomalyState::kAlert);
  EXPECT_EQ(points[nine].cause, AnomalyCause::kTimeOfWeek);
}

TEST(AnomalyDetectorTest, AStuckValueIsOneAlertHoweverLongItLasts) {
  std::vector<double> values = Noise(9, 3'000, 50, 1);
  std::fill(values.begin() + 2'000, values.end(), 50.25);
  std::size_t stuck = 0;
  for (const AnomalyPoint& point : JudgeTimed(values)) {
    stuck += point.state == AnomalyState::kAlert && point.cause == AnomalyCause::kStuck ? 1 : 0;
  }
  EXPECT_EQ(stuck, 1U);
}

TEST(AnomalyDetectorTest, ASilenceIsAnAlertAndSingleGapsAreNot) {
  std::vector<double> values = Noise(10, 2'000, 50, 1);
  for (std::size_t i = 300; i < 1'500; i += 10) {
    values[i] = kNan;
  }
  std::fill(values.begin() + 1'600, values.begin() + 1'700, kNan);
  const std::vector<AnomalyPoint> points = JudgeTimed(values);
  std::vector<std::size_t> silences;
  for (const std::size_t alert : AlertsOf(points)) {
    if (points[alert].cause == AnomalyCause::kSilence) {
      silences.push_back(alert);
    }
  }
  // 24 values and four times the longest gap before, which was one.
  EXPECT_EQ(silences, std::vector<std::size_t>{1'600 + 24 + 4 - 1});
  EXPECT_EQ(points[310].state, AnomalyState::kMissing);
}

TEST(AnomalyDetectorTest, AMoreRestlessSeriesIsFoundByItsSpread) {
  std::vector<double> values;
  for (std::size_t i = 0; i < 3'000; ++i) {
    const double size = i < 2'000 ? 1 : 5;
    values.push_back(100 * std::sin(static_cast<double>(i) / 200) + (i % 2 == 0 ? size : -size));
  }
  EXPECT_EQ(FirstCause(values, 2'000), AnomalyCause::kSpread);
}

TEST(AnomalyDetectorTest, TheSameIncidentIsNotReportedTwice) {
  std::vector<double> values = Noise(11, 3'000, 50, 1);
  values[2'000] = 70;
  values[2'005] = 72;
  values[2'050] = 73;
  const std::vector<AnomalyPoint> points = JudgeTimed(values);
  EXPECT_EQ(points[2'005].state, AnomalyState::kOpen);
  EXPECT_LT(points[2'005].score, 0.5);
  EXPECT_NE(points[2'050].state, AnomalyState::kAlert);
}

TEST(AnomalyDetectorTest, WhatIsFarWorseIsNewsDuringAnIncident) {
  std::vector<double> values = Noise(12, 3'000, 50, 1);
  values[2'000] = 70;
  values[2'050] = 170;
  EXPECT_EQ(JudgeTimed(values)[2'050].state, AnomalyState::kAlert);
}

// One value a million times out of range must not make the detector blind to 40 times the range.
TEST(AnomalyDetectorTest, AHugeOutlierDoesNotBlind) {
  std::vector<double> values = Noise(13, 4'000, 50, 1);
  values[2'000] = 5e7;
  values[3'000] = 1'000;
  EXPECT_EQ(JudgeTimed(values)[3'000].state, AnomalyState::kAlert);
}

TEST(AnomalyDetectorTest, TheBandHoldsOrdinaryValuesAndNotTheStrangeOnes) {
  std::vector<double> values = Noise(14, 5'000, 50, 1);
  values[4'500] = 60;
  const std::vector<AnomalyPoint> points = JudgeTimed(values);
  std::size_t outside = 0;
  for (std::size_t i = kAnomalyWarmUp; i < values.size(); ++i) {
    ASSERT_TRUE(points[i].expected);
    const bool within =
        values[i] >= points[i].expected->low && values[i] <= points[i].expected->high;
    outside += within ? 0 : 1;
  }
  EXPECT_GT(values[4'500], points[4'500].expected->high);
  EXPECT_LT(outside, 20U);
  EXPECT_LT(points[4'400].expected->high - points[4'400].expected->low, 12);
}

TEST(AnomalyDetectorTest, ScoreIsHalfAtTheLimitAndOnlyThere) {
  for (const AnomalyPoint& point : JudgeTimed(Noise(15, 20'000, 0, 1))) {
    ASSERT_EQ(point.score >= 0.5, point.state == AnomalyState::kAlert);
    ASSERT_GE(point.score, 0);
    ASSERT_LE(point.score, 1);
    ASSERT_GT(point.tail_probability, 0);
    ASSERT_LE(point.tail_probability, 1);
  }
}

// Powers of two change no digit, so the alerts must be the same to the row.
TEST(AnomalyDetectorTest, ScaleAndShiftChangeNothing) {
  Rng rng(16);
  std::vector<double> values;
  std::vector<double> scaled;
  std::vector<double> mirrored;
  for (int i = 0; i < 8'000; ++i) {
    values.push_back(rng.Normal() * (rng.Uniform() < 0.001 ? 30 : 1));
    scaled.push_back(1'024 * values.back() - 4'096);
    mirrored.push_back(-values.back());
  }
  const std::vector<std::size_t> alerts = AlertsOf(JudgeTimed(values));
  EXPECT_FALSE(alerts.empty());
  EXPECT_EQ(AlertsOf(JudgeTimed(scaled)), alerts);
  EXPECT_EQ(AlertsOf(JudgeTimed(mirrored)), alerts);
}

TEST(AnomalyDetectorTest, WhatComesLaterChangesNothing) {
  const std::vector<double> values = Noise(17, 4'000, 0, 1);
  const std::vector<AnomalyPoint> whole = JudgeTimed(values);
  const std::vector<AnomalyPoint> part = JudgeTimed({values.begin(), values.begin() + 2'500});
  for (std::size_t i = 0; i < part.size(); ++i) {
    ASSERT_EQ(part[i].score, whole[i].score);
  }
}

TEST(AnomalyDetectorTest, ACopyGoesOnAsTheOriginal) {
  const std::vector<double> values = Noise(18, 2'000, 0, 1);
  AnomalyDetector original;
  for (std::size_t i = 0; i < 1'000; ++i) {
    original.Push(values[i]);
  }
  AnomalyDetector copy = original;
  for (std::size_t i = 1'000; i < 2'000; ++i) {
    ASSERT_EQ(original.Push(values[i]).score, copy.Push(values[i]).score);
  }
}

TEST(AnomalyDetectorTest, WhatIsNoNumberIsMissing) {
  AnomalyDetector detector;
  for (const double value : {kNan, std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(), 1e31}) {
    EXPECT_EQ(detector.Push(value).state, AnomalyState::kMissing);
  }
  EXPECT_EQ(detector.seen(), 0U);
}

TEST(AnomalyDetectorTest, AConstantSeriesIsQuietAndItsFirstChangeIsNot) {
  std::vector<double> values(3'000, 45.1);
  values[2'500] = 45.2;
  EXPECT_EQ(AlertsOf(JudgeTimed(values)), std::vector<std::size_t>{2'500});
}

TEST(AnomalyDetectorTest, RoundingIsNoNovelty) {
  std::vector<double> values;
  for (int i = 0; i < 2'000; ++i) {
    values.push_back(1e9 + (i % 97 == 0 ? 1e-7 : 0));
  }
  EXPECT_TRUE(AlertsOf(JudgeTimed(values)).empty());
}

// The levels and their ranges once more, in plain arithmetic over the whole history.
TEST(AnomalyDetectorTest, AgreesWithAReplayOfTheWholeHistory) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng = Rng::ForPart(19, seed);
    std::vector<double> values;
    for (int i = 0; i < 400; ++i) {
      values.push_back(rng.Normal());
    }
    AnomalyDetector detector;
    double level = values[0];
    double low = 0;
    double high = 0;
    for (std::size_t t = 0; t < values.size(); ++t) {
      const double residual = values[t] - level;
      const AnomalyReading reading = detector.Observe(values[t]);
      if (t > 51 && reading.state == AnomalyState::kNormal &&
          reading.cause == AnomalyCause::kJump) {
        const double middle = (low + high) / 2;
        ASSERT_NEAR(reading.extent, std::fabs(residual - middle) / ((high - low) / 2), 1e-3);
      }
      if (t >= 50) {
        const double fade = 1e-5 * (high - low);
        low = t == 50 ? residual : std::min(low + fade, residual);
        high = t == 50 ? residual : std::max(high - fade, residual);
      }
      level += std::max(1 - std::exp2(-0.01), 1.0 / static_cast<double>(t + 2)) * residual;
    }
  }
}

}  // namespace
}  // namespace weir::analysis
