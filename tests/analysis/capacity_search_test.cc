#include "analysis/capacity_search.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::analysis {
namespace {

using Kind = CapacityProbe::Kind;

/// A target that breaks above `limit`, whose measurements err by these parts of the rate.
struct Target {
  double limit = 0;
  double noise_short = 0;
  double noise_long = 0;
};

std::vector<CapacityProbe> Search(CapacitySearch& search, const Target& target,
                                  std::uint64_t seed = 1) {
  Rng rng(seed);
  std::vector<CapacityProbe> probes;
  while (const std::optional<CapacityProbe> probe = search.Next()) {
    probes.push_back(*probe);
    const double noise = probe->kind == Kind::kConfirm ? target.noise_long : target.noise_short;
    const double seen = probe->rate * std::exp(noise * rng.Normal());
    search.Tell(seen <= target.limit ? ProbeState::kKept : ProbeState::kBroken);
  }
  return probes;
}

TEST(CapacitySearchTest, BracketsAnExactLimitWithinTheTolerance) {
  for (const double limit : {0.2, 1.0, 10.0, 37.0, 812.5, 99'000.0}) {
    CapacitySearch search({});
    const std::vector<CapacityProbe> probes = Search(search, {.limit = limit});
    EXPECT_EQ(search.end(), CapacityEnd::kFound);
    EXPECT_LE(*search.kept(), limit);
    EXPECT_GT(*search.broken(), limit);
    EXPECT_LE(*search.broken() / *search.kept(), 1.03 + 1e-9);
    EXPECT_LE(probes.size(), 30U);
  }
}

TEST(CapacitySearchTest, GrowsThenNarrowsThenConfirmsBothEnds) {
  CapacitySearch search({.rate_first = 100, .tolerance = 0.5});
  const std::vector<CapacityProbe> probes = Search(search, {.limit = 350});
  ASSERT_EQ(probes.size(), 6U);
  EXPECT_EQ(probes[2].rate, 400);
  EXPECT_EQ(probes[3].kind, Kind::kNarrow);
  EXPECT_NEAR(probes[3].rate, std::sqrt(200.0 * 400), 1e-9);
  EXPECT_EQ(probes[4].kind, Kind::kConfirm);
  EXPECT_EQ(probes[5].kind, Kind::kConfirm);
}

// Short probes that err by a tenth lead the search astray; the long ones, by 1 %, put it right.
TEST(CapacitySearchTest, LongRunsPutRightWhatShortOnesGotWrong) {
  int near = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CapacitySearch search({});
    Search(search, {.limit = 500, .noise_short = 0.1, .noise_long = 0.01}, seed);
    ASSERT_EQ(search.end(), CapacityEnd::kFound);
    near += *search.kept() > 500 * 0.95 && *search.kept() < 500 * 1.05 ? 1 : 0;
  }
  EXPECT_GE(near, 195);
}

TEST(CapacitySearchTest, AtTheHighestRateItIsALowerBound) {
  CapacitySearch search({.rate_first = 10, .rate_max = 75});
  Search(search, {.limit = 1e9});
  EXPECT_EQ(search.end(), CapacityEnd::kAtMax);
  EXPECT_EQ(search.kept(), 75);
  EXPECT_EQ(search.broken(), std::nullopt);
}

TEST(CapacitySearchTest, WhatIsNeverKeptHasNoCapacity) {
  CapacitySearch search({});
  Search(search, {.limit = 0});
  EXPECT_EQ(search.end(), CapacityEnd::kNeverKept);
  EXPECT_EQ(search.kept(), std::nullopt);
}

TEST(CapacitySearchTest, OneUnknownProbeIsTriedAgainTwoEndTheSearch) {
  CapacitySearch search({});
  search.Tell(ProbeState::kUnknown);
  ASSERT_TRUE(search.Next());
  EXPECT_EQ(search.Next()->rate, 10);
  search.Tell(ProbeState::kKept);
  search.Tell(ProbeState::kUnknown);
  search.Tell(ProbeState::kUnknown);
  EXPECT_EQ(search.end(), CapacityEnd::kUnknown);
  EXPECT_EQ(search.kept(), 10);
}

TEST(CapacitySearchTest, ATargetThatChangesItsMindEndsIt) {
  CapacitySearch search({.probes_max = 40});
  for (int i = 0; search.Next(); ++i) {
    const bool confirms = search.Next()->kind == Kind::kConfirm;
    search.Tell(confirms || search.Next()->rate < 100 ? ProbeState::kKept : ProbeState::kBroken);
    ASSERT_LE(i, 100);
  }
  EXPECT_EQ(search.end(), CapacityEnd::kTooMany);
}

}  // namespace
}  // namespace weir::analysis
