#include "target/behaviour.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace weir::target {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kDraws = 20'000;

std::vector<double> DrawMs(std::string_view latency, SlowTail tail = {}, std::uint64_t seed = 7) {
  LatencySource source(*ParseLatency(latency), tail, seed);
  std::vector<double> draws(kDraws);
  for (double& draw : draws) {
    draw = static_cast<double>(source.Next().count()) / 1e6;
  }
  return draws;
}

double Quantile(std::vector<double> draws, double q) {
  std::sort(draws.begin(), draws.end());
  return draws[static_cast<std::size_t>(q * static_cast<double>(draws.size() - 1))];
}

TEST(LatencySourceTest, FixedIsAlwaysTheSame) {
  const std::vector<double> draws = DrawMs("fixed:1ms");
  EXPECT_TRUE(std::all_of(draws.begin(), draws.end(), [](double d) { return d == 1; }));
}

// Quantiles of an exponential with mean 2: -2 ln(1 - q).
TEST(LatencySourceTest, ExponentialHasItsQuantiles) {
  const std::vector<double> draws = DrawMs("exponential:2ms");
  EXPECT_NEAR(Quantile(draws, 0.5), 2 * 0.693147, 0.05);
  EXPECT_NEAR(Quantile(draws, 0.99), 2 * 4.60517, 0.5);
}

// Quantiles of a lognormal: median * exp(sigma z_q), with z_0.9 = 1.2816.
TEST(LatencySourceTest, LognormalHasItsQuantiles) {
  const std::vector<double> draws = DrawMs("lognormal:5ms:0.5");
  EXPECT_NEAR(Quantile(draws, 0.5), 5, 0.1);
  EXPECT_NEAR(Quantile(draws, 0.9), 5 * std::exp(0.5 * 1.2816), 0.2);
  EXPECT_NEAR(Quantile(draws, 0.1), 5 * std::exp(-0.5 * 1.2816), 0.1);
}

TEST(LatencySourceTest, BimodalKeepsItsShare) {
  const std::vector<double> draws = DrawMs("bimodal:1ms:20ms:1%");
  const auto slow = std::count(draws.begin(), draws.end(), 20.0);
  // 20,000 draws at 1 %: 200 expected, standard deviation 14.
  EXPECT_NEAR(static_cast<double>(slow), 200, 60);
  EXPECT_EQ(std::count(draws.begin(), draws.end(), 1.0), static_cast<long>(kDraws) - slow);
}

TEST(LatencySourceTest, SameSeedGivesTheSameDraws) {
  EXPECT_EQ(DrawMs("lognormal:5ms:0.5", {}, 1), DrawMs("lognormal:5ms:0.5", {}, 1));
  EXPECT_NE(DrawMs("lognormal:5ms:0.5", {}, 1), DrawMs("lognormal:5ms:0.5", {}, 2));
}

TEST(LatencySourceTest, SlowTailScalesTheTailAndLeavesTheRestAlone) {
  for (const char* latency :
       {"fixed:1ms", "exponential:2ms", "lognormal:5ms:0.5", "bimodal:1ms:20ms:1%"}) {
    const std::vector<double> plain = DrawMs(latency);
    const std::vector<double> slow = DrawMs(latency, {.factor = 1.2, .quantile = 0.95});
    std::size_t scaled = 0;
    for (std::size_t i = 0; i < kDraws; ++i) {
      const double ratio = slow[i] / plain[i];
      ASSERT_TRUE(ratio == 1 || std::abs(ratio - 1.2) < 1e-3) << latency << " " << ratio;
      scaled += ratio > 1.1 ? 1 : 0;
    }
    // 1,000 expected, standard deviation 31.
    EXPECT_NEAR(static_cast<double>(scaled), 1000, 130) << latency;
  }
  const std::vector<double> plain = DrawMs("lognormal:5ms:0.5");
  const std::vector<double> slow = DrawMs("lognormal:5ms:0.5", {.factor = 1.2, .quantile = 0.95});
  EXPECT_EQ(Quantile(slow, 0.9), Quantile(plain, 0.9));
  EXPECT_NEAR(Quantile(slow, 0.99) / Quantile(plain, 0.99), 1.2, 1e-6);
}

TEST(LatencySourceTest, CutsAnEndlessTailAtOneHour) {
  LatencySource source(*ParseLatency("lognormal:1h:5"), {}, 3);
  for (int i = 0; i < 100; ++i) {
    const Nanos draw = source.Next();
    EXPECT_GE(draw, Nanos(0));
    EXPECT_LE(draw, kLatencyMax);
  }
}

TEST(StallScheduleTest, HoldsAnswersUntilTheEndOfThePeriod) {
  const Instant epoch(1000s);
  const StallSchedule stalls(epoch, 500ms, 5s);
  EXPECT_EQ(stalls.Release(epoch), epoch);
  EXPECT_EQ(stalls.Release(epoch + 4499ms), epoch + 4499ms);
  EXPECT_EQ(stalls.Release(epoch + 4500ms), epoch + 5s);
  EXPECT_EQ(stalls.Release(epoch + 5s - 1ns), epoch + 5s);
  EXPECT_EQ(stalls.Release(epoch + 5s), epoch + 5s);
  EXPECT_EQ(stalls.Release(epoch + 54'700ms), epoch + 55s);
}

TEST(StallScheduleTest, NeverHoldsWithoutAStall) {
  const Instant epoch(1000s);
  EXPECT_EQ(StallSchedule(epoch, 0s, 0s).Release(epoch + 7s), epoch + 7s);
}

TEST(BehaviourTest, AnswersTheDialledShareWithErrors) {
  Behaviour behaviour({.error_ratio = 0.01, .seed = 5}, Instant(0s));
  int errors = 0;
  for (std::size_t i = 0; i < kDraws; ++i) {
    errors += behaviour.Next(Instant(1s), 0).status == 500 ? 1 : 0;
  }
  EXPECT_NEAR(errors, 200, 60);
}

TEST(BehaviourTest, OverrideDecidesTheStatusAndKeepsTheDraws) {
  const TargetOptions options{.latency = *ParseLatency("exponential:1ms"), .error_ratio = 0.5};
  Behaviour plain(options, Instant(0s));
  Behaviour overridden(options, Instant(0s));
  for (int i = 0; i < 100; ++i) {
    const Plan a = plain.Next(Instant(1s), 0);
    const Plan b = overridden.Next(Instant(1s), i % 2 == 0 ? 404 : 0);
    EXPECT_EQ(a.planned, b.planned);
    EXPECT_EQ(b.status, i % 2 == 0 ? 404 : a.status);
  }
}

TEST(BehaviourTest, ReleasesAfterTheLatencyAndTheStall) {
  Behaviour behaviour({.latency = *ParseLatency("fixed:300ms"), .stall = 500ms, .every = 1s},
                      Instant(0s));
  EXPECT_EQ(behaviour.Next(Instant(1s), 0).release, Instant(1300ms));
  EXPECT_EQ(behaviour.Next(Instant(1250ms), 0).release, Instant(2s));
}

// Two at a time, each for 100 ms: the third waits for the first, the fourth for the second.
TEST(BehaviourTest, RequestsWaitForAWorker) {
  Behaviour behaviour({.latency = *ParseLatency("fixed:100ms"), .workers = 2}, Instant(0s));
  EXPECT_EQ(behaviour.Next(Instant(1000ms), 0).release, Instant(1100ms));
  EXPECT_EQ(behaviour.Next(Instant(1010ms), 0).release, Instant(1110ms));
  EXPECT_EQ(behaviour.Next(Instant(1020ms), 0).release, Instant(1200ms));
  const Plan fourth = behaviour.Next(Instant(1030ms), 0);
  EXPECT_EQ(fourth.release, Instant(1210ms));
  EXPECT_EQ(fourth.planned, 180ms);
  EXPECT_EQ(behaviour.Next(Instant(2000ms), 0).release, Instant(2100ms));
}

// M/M/1 at 80 % of its capacity: times in the system are exponential, of mean 1 / (mu - lambda).
TEST(BehaviourTest, OneWorkerIsTheQueueOfTheBooks) {
  Behaviour behaviour({.latency = *ParseLatency("exponential:1ms"), .workers = 1}, Instant(0s));
  Rng arrivals(3);
  Instant at(0s);
  double sum_ms = 0;
  constexpr int kRequests = 400'000;
  for (int i = 0; i < kRequests; ++i) {
    at += FromSeconds(arrivals.Exponential() / 800);
    sum_ms += Seconds(behaviour.Next(at, 0).planned) * 1e3;
  }
  EXPECT_NEAR(sum_ms / kRequests, 5, 0.25);
}

}  // namespace
}  // namespace weir::target
