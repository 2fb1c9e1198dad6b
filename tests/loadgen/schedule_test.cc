#include "loadgen/schedule.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include <gtest/gtest.h>

#include "tests/loadgen/models.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;
using scenarios::Arrivals;
using scenarios::Load;
using tests::OpenLoad;
using tests::OpenRamp;

std::vector<Arrival> ArrivalsOf(const Load& load, WorkerSlice slice = {}, std::uint64_t seed = 1) {
  std::vector<Arrival> arrivals;
  for (ArrivalSchedule schedule(load, seed, slice); schedule.Peek(); schedule.Pop()) {
    arrivals.push_back(*schedule.Peek());
  }
  return arrivals;
}

TEST(ArrivalScheduleTest, SpacesAConstantRateEvenly) {
  const std::vector<Arrival> arrivals = ArrivalsOf(OpenLoad(8, 1s));
  ASSERT_EQ(arrivals.size(), 8U);
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    EXPECT_EQ(arrivals[i].number, i);
    EXPECT_EQ(arrivals[i].due, i * 125ms);
  }
}

// Rate times duration is whole here, but not exactly so in floating point: the arrival that
// belongs to the end must not slip in, nor the last one before it be lost.
TEST(ArrivalScheduleTest, PlansRateTimesDurationForEveryRate) {
  for (int tenths = 1; tenths <= 300; ++tenths) {
    const double rate = tenths / 10.0;
    for (const int seconds : {10, 30, 70, 100}) {
      const std::vector<Arrival> arrivals = ArrivalsOf(OpenLoad(rate, seconds * 1s));
      ASSERT_EQ(arrivals.size(), static_cast<std::size_t>(tenths * seconds / 10))
          << rate << "/s for " << seconds << " s";
      ASSERT_LT(arrivals.back().due, seconds * 1s) << rate << "/s for " << seconds << " s";
    }
  }
}

TEST(ArrivalScheduleTest, DoesNotDriftInALongRun) {
  // 1/3 of a second is no whole number of nanoseconds; an error that adds up would show.
  const std::vector<Arrival> arrivals = ArrivalsOf(OpenLoad(3, 100'000s));
  ASSERT_EQ(arrivals.size(), 300'000U);
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    ASSERT_LE(std::llabs(arrivals[i].due.count() - std::llround(static_cast<double>(i) / 3 * 1e9)),
              1);
  }
}

// From f to t in d seconds, L(x) = f x + (t - f) x^2 / (2 d).
double ExactArea(double from, double to, double duration_s, double at_s) {
  return from * at_s + (to - from) * at_s * at_s / (2 * duration_s);
}

TEST(ArrivalScheduleTest, FollowsRampsByTheExactIntegral) {
  for (const auto& [from, to] : std::vector<std::pair<double, double>>{
           {0, 100}, {100, 0}, {10, 500}, {500, 10}, {100, 100.0001}, {0, 0.5}}) {
    const std::vector<Arrival> arrivals = ArrivalsOf(OpenLoad({OpenRamp(from, to, 20s)}));
    const double area = ExactArea(from, to, 20, 20);
    EXPECT_EQ(static_cast<double>(arrivals.size()), std::ceil(area - 1e-9));
    Nanos before{-1};
    for (const Arrival& arrival : arrivals) {
      // A nanosecond of rounding, at the rate of that moment.
      ASSERT_NEAR(ExactArea(from, to, 20, Seconds(arrival.due)),
                  static_cast<double>(arrival.number), 1e-6)
          << from << ".." << to;
      ASSERT_GT(arrival.due, before);
      ASSERT_LT(arrival.due, 20s);
      before = arrival.due;
    }
  }
}

TEST(ArrivalScheduleTest, CountsOnAcrossStages) {
  // 1.5 arrivals, then 2/s: the half that is left comes 250 ms into the second stage.
  const std::vector<Arrival> arrivals =
      ArrivalsOf(OpenLoad({OpenRamp(1, 1, 1500ms), OpenRamp(2, 2, 1s)}));
  ASSERT_EQ(arrivals.size(), 4U);
  EXPECT_EQ(arrivals[1].due, 1s);
  EXPECT_EQ(arrivals[2].due, 1750ms);
  EXPECT_EQ(arrivals[3].due, 2250ms);
}

TEST(ArrivalScheduleTest, HoldsNoArrivalBackAtABorder) {
  // Falls to nothing and rises again: both ramps have 5 arrivals, none of them in the trough's
  // instant but the one that belongs there.
  const std::vector<Arrival> arrivals =
      ArrivalsOf(OpenLoad({OpenRamp(10, 0, 1s), OpenRamp(0, 10, 1s)}));
  ASSERT_EQ(arrivals.size(), 10U);
  EXPECT_EQ(arrivals[5].due, 1s);
  EXPECT_EQ(std::count_if(arrivals.begin(), arrivals.end(),
                          [](const Arrival& arrival) { return arrival.due < 1s; }),
            5);
}

TEST(ArrivalScheduleTest, GivesTheWorkersTogetherWhatOneAloneHas) {
  for (const Arrivals kind : {Arrivals::kUniform, Arrivals::kPoisson}) {
    const Load load = OpenLoad({OpenRamp(0, 300, 3s), OpenRamp(50, 50, 2s)}, kind);
    const std::vector<Arrival> alone = ArrivalsOf(load, {}, 7);
    for (const std::uint32_t count : {2U, 3U, 8U}) {
      std::size_t together = 0;
      for (std::uint32_t index = 0; index < count; ++index) {
        const std::vector<Arrival> part = ArrivalsOf(load, {index, count}, 7);
        together += part.size();
        for (std::size_t i = 0; i < part.size(); ++i) {
          ASSERT_EQ(part[i].number, index + i * count);
          ASSERT_EQ(part[i].due, alone[part[i].number].due);
        }
      }
      EXPECT_EQ(together, alone.size());
    }
  }
}

std::vector<double> PoissonGaps(double rate, Nanos duration, std::uint64_t seed) {
  std::vector<double> gaps;
  double before = 0;
  for (const Arrival& arrival :
       ArrivalsOf(OpenLoad(rate, duration, Arrivals::kPoisson), {}, seed)) {
    gaps.push_back(Seconds(arrival.due) - before);
    before = Seconds(arrival.due);
  }
  return gaps;
}

// Kolmogorov-Smirnov distance to the exponential distribution of this rate, times sqrt(n).
double KolmogorovDistance(std::vector<double> gaps, double rate) {
  std::sort(gaps.begin(), gaps.end());
  const auto n = static_cast<double>(gaps.size());
  double distance = 0;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const double cumulative = 1 - std::exp(-rate * gaps[i]);
    distance = std::max({distance, std::fabs(cumulative - static_cast<double>(i) / n),
                         std::fabs(cumulative - static_cast<double>(i + 1) / n)});
  }
  return distance * std::sqrt(n);
}

TEST(ArrivalScheduleTest, SpacesPoissonArrivalsExponentially) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    // P(sqrt(n) D > 1.95) is 0.001 for a true exponential.
    EXPECT_LT(KolmogorovDistance(PoissonGaps(200, 50s, seed), 200), 1.95) << "seed " << seed;
  }
  EXPECT_GT(KolmogorovDistance(std::vector<double>(10'000, 1 / 200.0), 200), 1.95);
}

TEST(ArrivalScheduleTest, MakesPoissonCountsWithEqualMeanAndVariance) {
  constexpr int kRuns = 2000;
  double sum = 0;
  double squares = 0;
  for (std::uint64_t seed = 0; seed < kRuns; ++seed) {
    const auto count = static_cast<double>(
        ArrivalsOf(OpenLoad({OpenRamp(0, 100, 1s)}, Arrivals::kPoisson), {}, seed).size());
    sum += count;
    squares += count * count;
  }
  const double mean = sum / kRuns;
  // Expected 50; four standard errors: sqrt(50 / 2000) of the mean, 50 sqrt(2 / 2000) of the
  // variance.
  EXPECT_NEAR(mean, 50, 4 * 0.158);
  EXPECT_NEAR(squares / kRuns - mean * mean, 50, 4 * 1.58);
}

TEST(ArrivalScheduleTest, RepeatsWithItsSeedOnly) {
  const Load load = OpenLoad(100, 1s, Arrivals::kPoisson);
  EXPECT_EQ(ArrivalsOf(load, {}, 5)[9].due, ArrivalsOf(load, {}, 5)[9].due);
  EXPECT_NE(ArrivalsOf(load, {}, 5)[9].due, ArrivalsOf(load, {}, 6)[9].due);
}

struct PlacedLoad {
  Load load;
  Nanos start{0};
};

// What a minute or so of a shop is: some all the time, a ramp that begins later, a spike.
std::vector<PlacedLoad> ThreeLoads(Arrivals kind) {
  return {{OpenLoad(100, 60s, kind), 0s},
          {OpenLoad({OpenRamp(0, 50, 10s), OpenRamp(50, 50, 1s)}, kind), 12s},
          {OpenLoad(3000, 500ms, kind), 30s + 7ns}};
}

std::vector<Arrival> Merged(const std::vector<PlacedLoad>& loads, WorkerSlice slice = {}) {
  ArrivalMerge merge;
  for (std::uint32_t part = 0; part < loads.size(); ++part) {
    merge.Add(
        ArrivalSchedule(loads[part].load, 7, SliceOfPart(slice, part), {part, loads[part].start}));
  }
  std::vector<Arrival> arrivals;
  for (; merge.Peek(); merge.Pop()) {
    arrivals.push_back(*merge.Peek());
  }
  return arrivals;
}

std::vector<Arrival> OfPart(const std::vector<Arrival>& arrivals, std::uint32_t part) {
  std::vector<Arrival> kept;
  std::copy_if(arrivals.begin(), arrivals.end(), std::back_inserter(kept),
               [part](const Arrival& arrival) { return arrival.part == part; });
  return kept;
}

TEST(ArrivalMergeTest, SendsEachLoadsExactCountFromItsStartOn) {
  const std::vector<Arrival> arrivals = Merged(ThreeLoads(Arrivals::kUniform));
  EXPECT_TRUE(std::is_sorted(arrivals.begin(), arrivals.end(),
                             [](const Arrival& a, const Arrival& b) { return a.due < b.due; }));
  const std::vector<Arrival> steady = OfPart(arrivals, 0);
  ASSERT_EQ(steady.size(), 6000U);
  EXPECT_EQ(steady.front().due, 0s);
  EXPECT_EQ(steady.back().due, 59'990ms);
  const std::vector<Arrival> ramp = OfPart(arrivals, 1);
  ASSERT_EQ(ramp.size(), 300U);  // 250 of the ramp, then 50.
  EXPECT_EQ(ramp.front().due, 12s);
  // At 5 t^2 / 2 = n: the tenth after 2 s.
  EXPECT_EQ(ramp[10].due, 14s);
  EXPECT_EQ(ramp[250].due, 22s);
  EXPECT_EQ(ramp.back().due, 22'980ms);
  const std::vector<Arrival> spike = OfPart(arrivals, 2);
  ASSERT_EQ(spike.size(), 1500U);
  EXPECT_EQ(spike.front().due, 30s + 7ns);
  EXPECT_LT(spike.back().due, 30'500ms);
}

TEST(ArrivalMergeTest, ALoadIsTheSameWhateverElseThereIs) {
  const std::vector<PlacedLoad> loads = ThreeLoads(Arrivals::kPoisson);
  const std::vector<Arrival> first = OfPart(Merged(loads), 0);
  const std::vector<Arrival> alone = ArrivalsOf(loads[0].load, {}, 7);
  ASSERT_EQ(first.size(), alone.size());
  for (std::size_t i = 0; i < alone.size(); ++i) {
    ASSERT_EQ(first[i].due, alone[i].due);
  }
  const std::vector<Arrival> third = OfPart(Merged(loads), 2);
  EXPECT_EQ(third.size(), OfPart(Merged({loads[1], loads[1], loads[2]}), 2).size());
  EXPECT_GE(third.front().due, loads[2].start);
  EXPECT_LT(third.back().due, loads[2].start + 500ms);
}

// Two loads that are the same must not send in step: their targets would see pairs.
TEST(ArrivalMergeTest, LoadsDrawTheirOwnRandomArrivals) {
  const PlacedLoad load = {OpenLoad(50, 10s, Arrivals::kPoisson), 0s};
  const std::vector<Arrival> arrivals = Merged({load, load});
  EXPECT_NE(OfPart(arrivals, 0)[5].due, OfPart(arrivals, 1)[5].due);
}

TEST(ArrivalMergeTest, GivesTheWorkersTogetherWhatOneAloneHasToTheNanosecond) {
  for (const Arrivals kind : {Arrivals::kUniform, Arrivals::kPoisson}) {
    const std::vector<PlacedLoad> loads = ThreeLoads(kind);
    const auto by_load = [](const Arrival& a, const Arrival& b) {
      return a.part != b.part ? a.part < b.part : a.number < b.number;
    };
    std::vector<Arrival> alone = Merged(loads);
    std::sort(alone.begin(), alone.end(), by_load);
    for (const std::uint32_t count : {2U, 3U, 8U}) {
      std::vector<Arrival> together;
      for (std::uint32_t index = 0; index < count; ++index) {
        const std::vector<Arrival> share = Merged(loads, {index, count});
        together.insert(together.end(), share.begin(), share.end());
      }
      std::sort(together.begin(), together.end(), by_load);
      ASSERT_EQ(together.size(), alone.size()) << count << " workers";
      for (std::size_t i = 0; i < alone.size(); ++i) {
        ASSERT_EQ(together[i].part, alone[i].part);
        ASSERT_EQ(together[i].number, alone[i].number);
        ASSERT_EQ(together[i].due, alone[i].due);
      }
    }
  }
}

TEST(ArrivalMergeTest, ALoadThatStopsLeavesTheOthers) {
  ArrivalMerge merge;
  merge.Add(ArrivalSchedule(OpenLoad(10, 1s), 7, {}, {0, 0s}));
  merge.Add(ArrivalSchedule(OpenLoad(10, 1s), 7, {}, {1, 50ms}));
  EXPECT_EQ(merge.Peek()->part, 0U);
  merge.Stop(0);
  EXPECT_FALSE(merge.Has(0));
  EXPECT_TRUE(merge.Has(1));
  int left = 0;
  for (; merge.Peek(); merge.Pop()) {
    EXPECT_EQ(merge.Peek()->part, 1U);
    ++left;
  }
  EXPECT_EQ(left, 10);
  EXPECT_FALSE(merge.Has(1));
  merge.Stop(1);
  EXPECT_FALSE(merge.Peek());
}

TEST(SliceOfPartTest, SpreadsLoadsOfOneUserOverTheWorkers) {
  for (std::uint32_t worker = 0; worker < 3; ++worker) {
    std::uint32_t users = 0;
    for (std::uint32_t part = 0; part < 3; ++part) {
      users += UsersOf(1, SliceOfPart({worker, 3}, part));
    }
    EXPECT_EQ(users, 1U);
  }
}

TEST(PlannedArrivalsTest, IsTheIntegralUpToAnyInstant) {
  const Load load = OpenLoad({OpenRamp(0, 100, 10s), OpenRamp(100, 100, 5s)});
  EXPECT_DOUBLE_EQ(PlannedArrivals(load, 0s), 0);
  EXPECT_DOUBLE_EQ(PlannedArrivals(load, 5s), 125);
  EXPECT_DOUBLE_EQ(PlannedArrivals(load, 10s), 500);
  EXPECT_DOUBLE_EQ(PlannedArrivals(load, 12s), 700);
  EXPECT_DOUBLE_EQ(PlannedArrivals(load, 99s), 1000);
}

TEST(UsersAtTest, FollowsTheStages) {
  Load load;
  load.stages = {scenarios::ClosedStage{0, 10, 10s}, scenarios::ClosedStage{10, 10, 5s},
                 scenarios::ClosedStage{10, 2, 4s}};
  EXPECT_EQ(UsersAt(load, 0s), 0U);
  EXPECT_EQ(UsersAt(load, 5s), 5U);
  EXPECT_EQ(UsersAt(load, 10s), 10U);
  EXPECT_EQ(UsersAt(load, 17s), 6U);
  EXPECT_EQ(UsersAt(load, 19s), 0U);
  EXPECT_EQ(UsersAt(load, 1000s), 0U);
}

TEST(UsersMaxTest, IsTheMostAtAnyTime) {
  Load load;
  load.stages = {scenarios::ClosedStage{0, 10, 10s}, scenarios::ClosedStage{12, 2, 4s}};
  EXPECT_EQ(UsersMax(load), 12U);
}

TEST(UsersOfTest, SharesOutWithoutRest) {
  for (std::uint32_t users = 0; users < 50; ++users) {
    for (std::uint32_t count = 1; count < 10; ++count) {
      std::uint32_t sum = 0;
      for (std::uint32_t index = 0; index < count; ++index) {
        const std::uint32_t part = UsersOf(users, {index, count});
        EXPECT_LE(part - users / count, 1U);
        sum += part;
      }
      EXPECT_EQ(sum, users);
    }
  }
}

TEST(PickFlowTest, SharesByWeight) {
  const std::vector<double> cumulative = {0.5, 0.9, 1.0};
  std::vector<double> picked(3);
  constexpr int kDraws = 100'000;
  for (std::uint64_t number = 0; number < kDraws; ++number) {
    picked[PickFlow(cumulative, 1, number)] += 1.0 / kDraws;
  }
  // Four standard errors of a share of one half.
  EXPECT_NEAR(picked[0], 0.5, 0.0064);
  EXPECT_NEAR(picked[1], 0.4, 0.0064);
  EXPECT_NEAR(picked[2], 0.1, 0.0064);
}

TEST(PickFlowTest, TakesTheOnlyFlow) {
  EXPECT_EQ(PickFlow(std::vector<double>{1.0}, 1, 12345), 0U);
}

}  // namespace
}  // namespace weir::loadgen
