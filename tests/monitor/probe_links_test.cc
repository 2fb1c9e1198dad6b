// What probes measure of a page beside what users have of it: rows of time, and what is found.

#include "monitor/sources/probe_links.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"
#include "monitor/sources/page_rows.h"
#include "tests/analysis/ux_sets.h"

namespace weir::monitor {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

Instant At(Nanos since) {
  return Instant(std::chrono::hours(1000)) + since;
}

TEST(RowSeriesTest, ARowHasTheMedianOrTheMeanOfWhatCame) {
  RowSeries median(RowSeries::Fold::kMedian, 100);
  RowSeries mean(RowSeries::Fold::kMean, 100);
  for (RowSeries* series : {&median, &mean}) {
    EXPECT_TRUE(std::isnan(series->At(7)));
    for (const double value : {1.0, 9.0, 2.0}) {
      series->Add(7, value);
    }
    series->Add(9, 5);
    EXPECT_TRUE(std::isnan(series->At(6)));
    EXPECT_TRUE(std::isnan(series->At(8)));
    EXPECT_TRUE(std::isnan(series->At(10)));
    EXPECT_EQ(series->At(9), 5);
  }
  EXPECT_EQ(median.At(7), 2);
  EXPECT_EQ(mean.At(7), 4);
}

TEST(RowSeriesTest, ARowTakesValuesWhileItIsOpen) {
  RowSeries series(RowSeries::Fold::kMean, 1000);
  constexpr auto kOpen = static_cast<std::int64_t>(RowSeries::kOpenRows);
  series.Add(100, 1);
  series.Add(100 + kOpen - 1, 1);
  series.Add(100, 3);
  EXPECT_EQ(series.At(100), 2);
  series.Add(100 + kOpen, 1);
  series.Add(100, 100);
  EXPECT_EQ(series.At(100), 2);
  // Of a row before the first one, too.
  series.Add(99, 4);
  EXPECT_TRUE(std::isnan(series.At(99)));
  RowSeries other(RowSeries::Fold::kMean, 1000);
  other.Add(100, 1);
  other.Add(99, 4);
  EXPECT_EQ(other.At(99), 4);
}

TEST(RowSeriesTest, TheOldestRowsLeave) {
  RowSeries series(RowSeries::Fold::kMean, 100);
  for (std::int64_t row = 0; row < 150; ++row) {
    series.Add(row, static_cast<double>(row));
  }
  for (std::int64_t row = 0; row < 150; ++row) {
    if (row < 50) {
      EXPECT_TRUE(std::isnan(series.At(row))) << row;
    } else {
      EXPECT_EQ(series.At(row), row);
    }
  }
  // Long after all that is kept.
  series.Add(1'000'000, 7);
  EXPECT_TRUE(std::isnan(series.At(149)));
  EXPECT_EQ(series.At(1'000'000), 7);
}

TEST(PageCoursesTest, ViewsStandInTheRowInWhichTheyBegan) {
  PageCourses courses;
  courses.Viewed("/", At(minutes(0)), 9.0, true);  // Before anything probed the page.
  courses.Probed("/", At(minutes(1)), 0.1);
  courses.Probed("/", At(minutes(1) + seconds(20)), 0.3);
  courses.Probed("/", At(minutes(1) + seconds(40)), 0.2);
  courses.Probed("/", At(minutes(2)), 0.4);
  courses.Probed("/", At(minutes(3)), 0.5);
  courses.Viewed("/", At(minutes(2)), 2.0, false);
  courses.Viewed("/", At(minutes(1)), 1.0, std::nullopt);  // It was open for longer.
  courses.Viewed("/", At(minutes(2)), std::nullopt, true);
  courses.Viewed("/", At(minutes(3)), 3.0, true);
  courses.Viewed("/other", At(minutes(2)), 7.0, true);
  const std::vector<PageRows> pages = courses.Rows(At(minutes(3)));
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_EQ(pages[0].page, "/");
  EXPECT_EQ(pages[0].probe_p50_s, (std::vector{0.2, 0.4}));
  EXPECT_EQ(pages[0].lcp_s, (std::vector{1.0, 2.0}));
  ASSERT_EQ(pages[0].left_ratio.size(), 2U);
  EXPECT_TRUE(std::isnan(pages[0].left_ratio[0]));
  EXPECT_EQ(pages[0].left_ratio[1], 0.5);
}

TEST(PageCoursesTest, PagesAndRowsAreBounded) {
  PageCourses courses;
  for (int page = 0; page < 50; ++page) {
    courses.Probed("/" + std::to_string(page), At(minutes(1)), 0.1);
  }
  EXPECT_EQ(courses.Rows(At(minutes(2))).size(), PageCourses::kPagesMax);
  for (int row = 0; row < 5000; ++row) {
    courses.Probed("/0", At(minutes(row)), 0.1);
  }
  EXPECT_EQ(courses.Rows(At(minutes(5000))).front().lcp_s.size(), PageCourses::kRowsMax);
}

TEST(PageCoursesTest, APageThatIsProbedNoMoreMakesRoom) {
  PageCourses courses;
  for (std::size_t page = 0; page < PageCourses::kPagesMax; ++page) {
    courses.Probed("/" + std::to_string(page), At(minutes(page == 3 ? 0 : 30)), 0.1);
  }
  const auto knows_new = [&courses](Nanos at) {
    courses.Probed("/new", At(at), 0.1);
    const std::vector<PageRows> pages = courses.Rows(At(at));
    return std::any_of(pages.begin(), pages.end(),
                       [](const PageRows& rows) { return rows.page == "/new"; });
  };
  EXPECT_FALSE(knows_new(minutes(59)));
  EXPECT_TRUE(knows_new(minutes(60)));
  const std::vector<PageRows> pages = courses.Rows(At(minutes(61)));
  EXPECT_EQ(pages.size(), PageCourses::kPagesMax);
  EXPECT_TRUE(std::none_of(pages.begin(), pages.end(),
                           [](const PageRows& rows) { return rows.page == "/3"; }));
}

struct Day {
  std::size_t rows = 240;
  double views = 4;       ///< A minute.
  double day = 1;         ///< Of what server, paints and leaving have of the time of day.
  double effect = 0;      ///< Of the time of the server on the paint, in its own seconds.
  double impatience = 0;  ///< More who leave for a second of paint.
  double slow = 0;        ///< Factor of an incident, of 20 minutes in each three hours.
};

// A server that a probe asks and users meet, by the minute.
PageRows Simulate(const Day& day, std::uint64_t seed) {
  Rng rng = Rng::ForPart(4242, seed);
  constexpr double kDayRows = 24 * 60;
  std::vector<double> server = tests::LatencySeries(rng, day.rows, day.day, kDayRows);
  const std::vector<double> network = tests::LatencySeries(rng, day.rows, day.day, kDayRows);
  const auto phase = static_cast<std::size_t>(rng.Below(1440));
  PageRows rows{.page = "/", .probe_p50_s = {}, .lcp_s = {}, .left_ratio = {}};
  for (std::size_t t = 0; t < day.rows; ++t) {
    if ((t + phase) % 180 < 20 && day.slow > 0) {
      server[t] *= day.slow;
    }
    rows.probe_p50_s.push_back(server[t] / 1000);
    std::vector<double> paints;
    double left = 0;
    while (rng.Uniform() < day.views / (day.views + 1)) {
      const double paint = 1.2 * (network[t] / 200) * std::exp(0.5 * rng.Normal()) +
                           day.effect * (server[t] / 1000 - 0.2);
      paints.push_back(std::max(paint, 0.05));
      const double leaves = 0.2 + 0.03 * tests::DailyCourse(t, kDayRows, 0.2) +
                            day.impatience * (paints.back() - 1.2);
      left += rng.Uniform() < leaves ? 1 : 0;
    }
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    std::sort(paints.begin(), paints.end());
    rows.lcp_s.push_back(paints.empty() ? kNone : paints[paints.size() / 2]);
    rows.left_ratio.push_back(paints.empty() ? kNone : left / static_cast<double>(paints.size()));
  }
  return rows;
}

struct Found {
  int lcp = 0;
  int left = 0;
};

Found CountAssociated(const Day& day, int sets) {
  Found found;
  for (int set = 0; set < sets; ++set) {
    for (const ProbeLink& link : FindProbeLinks({Simulate(day, static_cast<std::uint64_t>(set))})) {
      int& count = link.outcome == "lcp" ? found.lcp : found.left;
      count += link.associated ? 1 : 0;
    }
  }
  return found;
}

// The time of day alone moves both. Of 200 sets, when 1 % is called associated, at most 7 are with
// a probability of 99.9 %.
TEST(ProbeLinksTest, WhatSharesOnlyTheTimeOfDayIsRarelyCalledAssociated) {
  constexpr int kSets = 200;
  for (const std::size_t rows : {75U, 240U, 1440U}) {
    for (const double views : {2.0, 10.0}) {
      const Found found = CountAssociated({.rows = rows, .views = views, .day = 2}, kSets);
      std::printf("unrelated, %zu min, %.0f views a minute: lcp %d, left %d of %d\n", rows, views,
                  found.lcp, found.left, kSets);
      EXPECT_LE(found.lcp, 7) << rows << " " << views;
      EXPECT_LE(found.left, 7) << rows << " " << views;
    }
  }
}

struct Power {
  std::size_t rows;
  double views;
  int lcp_min;  ///< Of 100.
  int left_min;
};

TEST(ProbeLinksTest, UsersWhoMeetASlowServerAreFound) {
  constexpr int kSets = 100;
  for (const Power& power :
       {Power{180, 20, 20, 15}, Power{720, 3, 45, 25}, Power{720, 20, 90, 80}}) {
    const Day day{
        .rows = power.rows, .views = power.views, .effect = 1, .impatience = 0.2, .slow = 8};
    const Found found = CountAssociated(day, kSets);
    std::printf("slow server, %zu min, %.0f views a minute: lcp %d, left %d of %d\n", power.rows,
                power.views, found.lcp, found.left, kSets);
    EXPECT_GE(found.lcp, power.lcp_min) << power.rows << " " << power.views;
    EXPECT_GE(found.left, power.left_min) << power.rows << " " << power.views;
  }
}

TEST(ProbeLinksTest, ALinkHasItsDirectionAndItsInterval) {
  const Day day{.rows = 720, .views = 20, .effect = 1, .impatience = 0.2, .slow = 8};
  const std::vector<ProbeLink> links = FindProbeLinks({Simulate(day, 1)});
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[0].outcome, "lcp");
  EXPECT_EQ(links[1].outcome, "left");
  for (const ProbeLink& link : links) {
    EXPECT_TRUE(link.associated);
    EXPECT_GT(link.low, 0);
    EXPECT_LT(link.low, link.correlation);
    EXPECT_GT(link.high, link.correlation);
    EXPECT_LE(link.rows, 720U);
    EXPECT_GE(link.rows, 650U);
  }
}

TEST(ProbeLinksTest, NothingIsSaidOfTooFewRowsOrOfWhatDoesNotVary) {
  EXPECT_TRUE(FindProbeLinks({}).empty());
  EXPECT_TRUE(FindProbeLinks({Simulate({.rows = 30}, 1)}).empty());
  PageRows still = Simulate({.rows = 240}, 1);
  still.probe_p50_s.assign(240, 0.1);
  EXPECT_TRUE(FindProbeLinks({still}).empty());
}

}  // namespace
}  // namespace weir::monitor
