#include "monitor/alerts/time_interval.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;
using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;

WallTime Utc(int y, unsigned m, unsigned d, Nanos time_of_day = 0s) {
  return WallTime(sys_days(year(y) / month(m) / day(d)).time_since_epoch() + time_of_day);
}

TimeInterval Of(TimeSpec spec) {
  return {.name = "it", .specs = {std::move(spec)}};
}

std::string ErrorOf(const Result<CalendarRange>& range) {
  return range ? "none" : range.error().message;
}

TEST(TimeIntervalTest, TimesOfTheDayHoldFromTheirFirstMinuteUntilBeforeTheirLast) {
  const TimeInterval office = Of({.times = {*ParseDayTimes("09:00", "17:30")}});
  EXPECT_FALSE(office.Contains(Utc(2026, 11, 26, 8h + 59min + 59s)));
  EXPECT_TRUE(office.Contains(Utc(2026, 11, 26, 9h)));
  EXPECT_TRUE(office.Contains(Utc(2026, 11, 26, 17h + 29min + 59s)));
  EXPECT_FALSE(office.Contains(Utc(2026, 11, 26, 17h + 30min)));
  EXPECT_TRUE(Of({.times = {*ParseDayTimes("22:00", "24:00")}})
                  .Contains(Utc(2026, 11, 26, 23h + 59min + 59s)));
}

TEST(TimeIntervalTest, EveryListMustHoldAndOneRangeOfEachSuffices) {
  const TimeInterval interval =
      Of({.weekdays = {*ParseWeekdays("monday:tuesday"), *ParseWeekdays("Thursday")},
          .months = {*ParseMonths("november:12")},
          .years = {*ParseYears("2026")}});
  EXPECT_TRUE(interval.Contains(Utc(2026, 11, 26)));   // A Thursday.
  EXPECT_FALSE(interval.Contains(Utc(2026, 11, 27)));  // Friday
  EXPECT_FALSE(interval.Contains(Utc(2026, 10, 26)));  // Monday in October
  EXPECT_FALSE(interval.Contains(Utc(2027, 11, 29)));  // Monday a year later
  EXPECT_TRUE(TimeInterval({.name = "all", .specs = {TimeSpec()}}).Contains(Utc(2026, 1, 1)));
  EXPECT_FALSE(TimeInterval({.name = "none", .specs = {}}).Contains(Utc(2026, 1, 1)));
}

TEST(TimeIntervalTest, DaysCountFromTheEndOfEachMonthToo) {
  const TimeInterval last_three = Of({.days_of_month = {*ParseDaysOfMonth("-3:-1")}});
  EXPECT_FALSE(last_three.Contains(Utc(2026, 2, 25)));
  EXPECT_TRUE(last_three.Contains(Utc(2026, 2, 26)));
  EXPECT_TRUE(last_three.Contains(Utc(2024, 2, 29)));
  EXPECT_FALSE(last_three.Contains(Utc(2024, 2, 26)));
  EXPECT_FALSE(Of({.days_of_month = {*ParseDaysOfMonth("31")}}).Contains(Utc(2026, 2, 28)));
  EXPECT_TRUE(Of({.days_of_month = {*ParseDaysOfMonth("-31:-28")}}).Contains(Utc(2026, 2, 1)));
}

TEST(TimeIntervalTest, LocalTimeFollowsDaylightSaving) {
  std::ifstream file("/usr/share/zoneinfo/Europe/Berlin", std::ios::binary);
  const Result<TimeZone> zone =
      TimeZone::Parse(std::string(std::istreambuf_iterator<char>(file), {}));
  ASSERT_TRUE(zone);
  const TimeInterval office = Of({.times = {*ParseDayTimes("09:00", "17:00")}, .zone = *zone});
  EXPECT_FALSE(office.Contains(Utc(2026, 3, 28, 7h)));
  EXPECT_TRUE(office.Contains(Utc(2026, 3, 28, 8h)));
  EXPECT_TRUE(office.Contains(Utc(2026, 3, 29, 7h)));  // Summer since this night.
  EXPECT_FALSE(office.Contains(Utc(2026, 3, 29, 15h)));
  // The hour that does not exist never is; the one that comes twice is twice.
  const TimeInterval two = Of({.times = {*ParseDayTimes("02:00", "03:00")}, .zone = *zone});
  int quarters = 0;
  for (Nanos at = 0s; at < 24h; at += 15min) {
    quarters += two.Contains(Utc(2026, 3, 29) - 1h + at) ? 1 : 0;
  }
  EXPECT_EQ(quarters, 0);
  for (Nanos at = 0s; at < 24h; at += 15min) {
    quarters += two.Contains(Utc(2026, 10, 25) - 2h + at) ? 1 : 0;
  }
  EXPECT_EQ(quarters, 8);
  // The day of the week is the local one, too.
  EXPECT_TRUE(Of({.weekdays = {*ParseWeekdays("saturday")}, .zone = *zone})
                  .Contains(Utc(2026, 3, 27, 23h)));
}

TEST(TimeIntervalTest, WhatIsNoRangeIsRefusedWithAnExample) {
  EXPECT_EQ(ErrorOf(ParseWeekdays("mon:fri")),
            "'mon:fri' is not a day of the week or a range of them; write 'monday:friday' or "
            "'saturday'");
  EXPECT_EQ(ErrorOf(ParseWeekdays("saturday:sunday")),
            "'saturday:sunday' ends before it begins; write it as two ranges");
  EXPECT_EQ(ErrorOf(ParseMonths("13")),
            "'13' is not a month or a range of them; write 'may:august', '5:8' or 'december'");
  EXPECT_EQ(ErrorOf(ParseYears("next")),
            "'next' is not a year or a range of them; write '2026' or '2026:2028'");
  EXPECT_EQ(ErrorOf(ParseDaysOfMonth("0")),
            "'0' is not a day of the month or a range of them; write '1:7', or '-3:-1' for the "
            "last three");
  for (const std::string_view text : {"5:1", "-1:-3", "-3:5", "30:-5"}) {
    EXPECT_FALSE(ParseDaysOfMonth(text)) << text;
  }
  EXPECT_TRUE(ParseDaysOfMonth("1:-1"));
  EXPECT_EQ(ParseDayTimes("9:00", "17:00").error().message,
            "'9:00' is not a time of the day; write '09:00', up to '24:00'");
  EXPECT_EQ(ParseDayTimes("22:00", "06:00").error().message,
            "times from '22:00' to '06:00' end before they begin; write what is after midnight as "
            "a range of its own");
  EXPECT_FALSE(ParseDayTimes("00:00", "24:01"));
}

TEST(TimeIntervalTest, ItIsSaidInWords) {
  TimeInterval interval = Of({.times = {*ParseDayTimes("09:00", "17:00")},
                              .weekdays = {*ParseWeekdays("monday:friday")},
                              .zone_name = "Europe/Berlin"});
  interval.specs.push_back({.days_of_month = {*ParseDaysOfMonth("-1")},
                            .months = {*ParseMonths("may:6"), *ParseMonths("december")}});
  EXPECT_EQ(InWords(interval),
            "09:00 to 17:00, monday to friday (Europe/Berlin); or days of the month -1, may to "
            "june and december (UTC)");
}

}  // namespace
}  // namespace weir::monitor
