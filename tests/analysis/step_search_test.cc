#include "analysis/step_search.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/held_steps.h"
#include "base/rng.h"
#include "tests/analysis/dense_model.h"

namespace weir::analysis {
namespace {

using tests::DenseScore;

constexpr double kTolerance = 1e-7;

StepOptions Options() {
  StepOptions options;
  options.penalty = 5;
  options.segment_min = 3;
  return options;
}

std::vector<NoiseModel> Models() {
  return {{}, {.memory = 0.55}, {.drift_variance = 1e-4}, {.memory = 0.7, .drift_variance = 1e-3}};
}

struct Step {
  int at = 0;
  double size = 0;
};

std::vector<double> History(int n, std::span<const Step> steps, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> values;
  for (int t = 0; t < n; ++t) {
    double level = 0;
    for (const Step& step : steps) {
      level += t >= step.at ? step.size : 0;
    }
    values.push_back(level + rng.Normal());
  }
  return values;
}

// Every set of at most two steps that keep their distance.
std::vector<std::vector<int>> AllSets(int n, int distance) {
  std::vector<std::vector<int>> sets = {{}};
  for (int a = distance; a <= n - distance; ++a) {
    sets.push_back({a});
    for (int b = a + distance; b <= n - distance; ++b) {
      sets.push_back({a, b});
    }
  }
  return sets;
}

TEST(HeldStepsTest, ScoreIsThatOfTheDenseCovariance) {
  const std::vector<Step> truth = {{10, 3}};
  const std::vector<double> values = History(25, truth, 1);
  for (const NoiseModel& model : Models()) {
    const FilterGains gains(model);
    for (const std::vector<int>& steps :
         std::vector<std::vector<int>>{{}, {10}, {4, 11}, {3, 9, 15, 20}}) {
      EXPECT_NEAR(HeldSteps(values, steps, Options()).Score(gains),
                  DenseScore(model, values, steps, Options()), kTolerance);
    }
  }
}

TEST(HeldStepsTest, ASubsetScoresAsItWouldByItself) {
  const std::vector<double> values = History(60, {}, 4);
  const std::vector<int> steps = {8, 15, 30, 41, 52};
  for (const NoiseModel& model : Models()) {
    const FilterGains gains(model);
    const HeldSteps held(values, steps, Options());
    const HeldSteps::Products products = held.Under(gains);
    for (unsigned bits = 0; bits < 1U << steps.size(); ++bits) {
      std::vector<std::size_t> kept;
      std::vector<int> subset;
      for (std::size_t i = 0; i < steps.size(); ++i) {
        if ((bits >> i & 1U) != 0) {
          kept.push_back(i);
          subset.push_back(steps[i]);
        }
      }
      EXPECT_NEAR(held.Score(products, kept), HeldSteps(values, subset, Options()).Score(gains),
                  kTolerance);
    }
  }
}

TEST(StepSearchTest, ScoresAsHeldStepsDo) {
  const std::vector<double> values = History(60, {}, 2);
  const std::vector<int> steps = {7, 30, 52};
  for (const NoiseModel& model : Models()) {
    const FilterGains gains(model);
    StepSearch search(gains, values, Options());
    search.Set(steps);
    EXPECT_NEAR(search.Score(), HeldSteps(values, steps, Options()).Score(gains), kTolerance);
    EXPECT_EQ(search.steps(), steps);
  }
}

TEST(StepSearchTest, FindsWhatTryingAllSetsFinds) {
  constexpr int kRuns = 24;
  int trials = 0;
  int exact = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const std::vector<Step> truth = {{8, seed % 3 == 0 ? 0.0 : 4.0},
                                     {16, seed % 2 == 0 ? 0.0 : -4.0}};
    const std::vector<double> values = History(kRuns, truth, seed);
    for (const NoiseModel& model : Models()) {
      const FilterGains gains(model);
      double best = std::numeric_limits<double>::infinity();
      for (const std::vector<int>& steps : AllSets(kRuns, Options().segment_min)) {
        best = std::min(best, HeldSteps(values, steps, Options()).Score(gains));
      }
      StepSearch search(gains, values, Options());
      search.Run();
      ++trials;
      exact += search.Score() <= best + kTolerance ? 1 : 0;
    }
  }
  // Forward addition is not exhaustive; what it misses here are sets that hardly pay.
  EXPECT_GE(exact, trials * 95 / 100) << trials;
}

TEST(StepSearchTest, ReadingIsTheScoreWithTheStepElsewhere) {
  const std::vector<Step> truth = {{20, 3}, {40, -2}};
  const std::vector<double> values = History(60, truth, 3);
  for (const NoiseModel& model : Models()) {
    const FilterGains gains(model);
    StepSearch search(gains, values, Options());
    search.Set(std::vector<int>{20, 40});
    const StepSearch::StepReading reading = search.Read(0);
    const double here = HeldSteps(values, std::vector<int>{20, 40}, Options()).Score(gains);
    EXPECT_NEAR(reading.gain,
                HeldSteps(values, std::vector<int>{40}, Options()).Score(gains) - here, kTolerance);
    for (const int at : {12, 19, 27}) {
      const double there = HeldSteps(values, std::vector<int>{at, 40}, Options()).Score(gains);
      EXPECT_NEAR(reading.log_odds[static_cast<std::size_t>(at)] - reading.log_odds[20],
                  (here - there) / 2, kTolerance);
    }
    EXPECT_NEAR(search.Score(), here, kTolerance) << "reading must not change the search";
  }
}

TEST(StepSearchTest, ReversedHistoryStepsAtTheSamePlace) {
  const std::vector<Step> truth = {{18, 3}, {33, -3}};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::vector<double> values = History(50, truth, seed);
    const std::vector<double> reversed(values.rbegin(), values.rend());
    // Noise without drift is the same in both directions of time.
    const FilterGains gains({.memory = 0.35});
    StepSearch forward(gains, values, Options());
    forward.Run();
    StepSearch backward(gains, reversed, Options());
    backward.Run();
    std::vector<int> mirrored;
    const std::vector<int> found = backward.steps();
    for (auto at = found.rbegin(); at != found.rend(); ++at) {
      mirrored.push_back(50 - *at);
    }
    EXPECT_EQ(forward.steps(), mirrored);
  }
}

}  // namespace
}  // namespace weir::analysis
