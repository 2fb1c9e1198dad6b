#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "monitor/alerts/time_zone.h"

/// Times of the week and the year that have a name, for routes. Pure.
/// Source: Alertmanager 0.25, timeinterval/timeinterval.go. Checked against: a real Alertmanager,
/// tests/integration/monitor_times_test.py.
namespace weir::monitor {

/// Both ends belong to it.
struct CalendarRange {
  int begin = 0;
  int end = 0;

  friend bool operator==(const CalendarRange&, const CalendarRange&) = default;
};

/// Minutes of a day, [begin, end); 1440 is its end.
struct DayTimes {
  int begin_min = 0;
  int end_min = 0;

  friend bool operator==(const DayTimes&, const DayTimes&) = default;
};

/// Local times that are in one of the ranges of each list; an empty list takes all.
struct TimeSpec {
  std::vector<DayTimes> times;
  std::vector<CalendarRange> weekdays;       ///< 0 is Sunday.
  std::vector<CalendarRange> days_of_month;  ///< 1 to 31, or from the end: -1 is the last day.
  std::vector<CalendarRange> months;         ///< 1 to 12.
  std::vector<CalendarRange> years;
  TimeZone zone;
  std::string zone_name = "UTC";
};

/// The times of any of its specs.
struct TimeInterval {
  std::string name;
  std::vector<TimeSpec> specs;

  bool Contains(WallTime at) const;
};

/// "09:00 to 17:00, monday to friday (Europe/Berlin)"; several specs with "or" between them.
std::string InWords(const TimeInterval& interval);

/// How ranges are written: 'monday:friday', '1:7', '-3:-1', 'may:8', '2026:2027', or one value.
/// Errors: kUsage: what was found and an example.
Result<CalendarRange> ParseWeekdays(std::string_view text);
Result<CalendarRange> ParseDaysOfMonth(std::string_view text);
Result<CalendarRange> ParseMonths(std::string_view text);
Result<CalendarRange> ParseYears(std::string_view text);

/// '09:00' and '17:30'; '24:00' is the end of the day. Errors: kUsage, also when `end` is not after
/// `start`.
Result<DayTimes> ParseDayTimes(std::string_view start, std::string_view end);

}  // namespace weir::monitor
