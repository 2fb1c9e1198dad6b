#include "monitor/alerts/digest.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kStart{1'700'000'000s};  // 2023-11-14, 22:13:20 UTC.
constexpr Nanos kDay = 24h;

TimeZone Zone(const std::string& name) {
  std::ifstream file("/usr/share/zoneinfo/" + name, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  return *TimeZone::Parse(bytes);
}

std::vector<WallTime> NextOnes(const DigestSchedule& schedule, WallTime since, int count) {
  std::vector<WallTime> found;
  for (int i = 0; i < count; ++i) {
    since = schedule.Next(since);
    found.push_back(since);
  }
  return found;
}

TEST(DigestScheduleTest, ComesOnceADayAtTheLocalTime) {
  const WallTime morning = kStart - 13h - 13min - 20s;  // 09:00 of that day, UTC.
  EXPECT_EQ(NextOnes({}, kStart, 2), (std::vector{morning + kDay, morning + 2 * kDay}));
  EXPECT_EQ(DigestSchedule().Next(morning), morning + kDay);
  EXPECT_EQ(DigestSchedule().Next(morning - 1ns), morning);
  DigestSchedule berlin;
  berlin.zone = Zone("Europe/Berlin");
  EXPECT_EQ(berlin.Next(kStart), morning + kDay - 1h);
}

// 2024-03-31, 01:00 UTC, and 2024-10-27, 01:00 UTC, clocks in Berlin are set.
TEST(DigestScheduleTest, ComesOnceADayAlsoWhenTheClockIsPutForwardOrBack) {
  DigestSchedule schedule;
  schedule.zone = Zone("Europe/Berlin");
  for (const WallTime change : {WallTime(1'711'846'800s), WallTime(1'729'990'800s)}) {
    for (int minute = 0; minute < 24 * 60; minute += 30) {
      schedule.at_min = minute;
      const auto found = NextOnes(schedule, change - 3 * kDay, 6);
      for (std::size_t i = 1; i < found.size(); ++i) {
        EXPECT_GE(found[i] - found[i - 1], kDay - 2h) << minute;
        EXPECT_LE(found[i] - found[i - 1], kDay + 2h) << minute;
      }
    }
  }
}

TEST(DigestScheduleTest, OrSoLongAfterWhatWasCollectedFirst) {
  DigestSchedule schedule;
  schedule.every = 6h;
  EXPECT_EQ(schedule.Next(kStart), kStart + 6h);
  EXPECT_EQ(InWords(schedule), "every 6.00 h");
  EXPECT_EQ(InWords(DigestSchedule()), "at 09:00 (UTC)");
}

const Labels kAlert{{"alertname", "Slow"}};

// What is due at `minute` when the alert fires or not.
std::vector<DigestDue> StepAt(int minute, bool fires, DigestBook& book) {
  DigestSchedule schedule;
  schedule.every = 60min;
  std::vector<DigestAlert> alerts;
  std::vector<Labels> firing;
  if (fires) {
    alerts.push_back({"team", kAlert, {{"summary", "slow"}}, true});
    firing.push_back(kAlert);
  }
  return StepDigests(schedule, kStart + std::chrono::minutes(minute), alerts, firing, book);
}

TEST(DigestTest, SaysHowOftenAndHowLongAndThenNothingMore) {
  DigestBook book;
  for (int minute = 0; minute < 60; ++minute) {
    EXPECT_TRUE(StepAt(minute, minute % 20 < 5 && minute < 40, book).empty());
  }
  const std::vector<DigestDue> due = StepAt(60, false, book);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].receiver, "team");
  EXPECT_EQ(due[0].from, kStart);
  EXPECT_EQ(due[0].to, kStart + 60min);
  ASSERT_EQ(due[0].entries.size(), 1U);
  const DigestEntry& entry = due[0].entries[0].second;
  EXPECT_EQ(entry.began, 2U);
  EXPECT_EQ(entry.fired, Nanos(10min));
  EXPECT_EQ(entry.ended_at, kStart + 25min);
  EXPECT_FALSE(entry.firing_since);
  EXPECT_TRUE(book.empty());
  for (int minute = 61; minute < 300; ++minute) {
    EXPECT_TRUE(StepAt(minute, false, book).empty()) << minute;
  }
}

TEST(DigestTest, WhatFiresOnIsInEachDigestUntilItsEndIs) {
  DigestBook book;
  std::vector<std::pair<int, DigestEntry>> told;
  for (int minute = 0; minute < 400; ++minute) {
    for (const DigestDue& due : StepAt(minute, minute >= 10 && minute < 150, book)) {
      told.emplace_back(minute, due.entries.at(0).second);
    }
  }
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].first, 70);
  EXPECT_EQ(told[0].second.began, 1U);
  EXPECT_EQ(told[0].second.fired, Nanos(60min));
  EXPECT_EQ(told[1].second.began, 0U);
  EXPECT_TRUE(told[1].second.firing_since);
  EXPECT_EQ(told[2].first, 190);
  EXPECT_EQ(told[2].second.fired, Nanos(20min));
  EXPECT_FALSE(told[2].second.firing_since);
}

TEST(DigestTest, BeginningsBeyondItsRoomAreCounted) {
  DigestSchedule schedule;
  schedule.every = 60min;
  DigestBook book;
  std::vector<DigestAlert> alerts;
  std::vector<Labels> firing;
  for (std::size_t i = 0; i < kDigestEntriesMax + 7; ++i) {
    firing.push_back({{"host", std::to_string(i)}});
    alerts.push_back({"team", firing.back(), {}, true});
  }
  StepDigests(schedule, kStart, alerts, firing, book);
  for (DigestAlert& alert : alerts) {
    alert.begins = false;
  }
  const auto due = StepDigests(schedule, kStart + 60min, alerts, firing, book);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].entries.size(), kDigestEntriesMax);
  EXPECT_EQ(due[0].left_out, 7U);
}

// Whatever an alert does: all digests together have each of its beginnings and all of its time.
TEST(DigestTest, DigestsTogetherHaveEachBeginningAndAllTheTime) {
  Rng rng(3);
  for (int story = 0; story < 200; ++story) {
    DigestBook book;
    std::size_t began = 0;
    std::size_t told_began = 0;
    Nanos fired{0};
    Nanos told_fired{0};
    bool fires = false;
    for (int minute = 0; minute < 2000; ++minute) {
      fired += fires ? Nanos(1min) : Nanos(0);
      const bool next = minute < 1800 && (rng.Below(8) == 0 ? !fires : fires);
      began += next && !fires ? 1U : 0U;
      fires = next;
      for (const DigestDue& due : StepAt(minute, fires, book)) {
        told_began += due.entries.at(0).second.began;
        told_fired += due.entries.at(0).second.fired;
      }
    }
    EXPECT_TRUE(book.empty());
    EXPECT_EQ(told_began, began);
    EXPECT_EQ(told_fired, fired);
  }
}

}  // namespace
}  // namespace weir::monitor
