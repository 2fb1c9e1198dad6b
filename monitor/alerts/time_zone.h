#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

/// Time zones from the files of the IANA database (/usr/share/zoneinfo). Our own reader, as GCC 12
/// has no std::chrono::time_zone, and libc knows one zone for the whole process, behind an
/// environment variable that no thread may change while others read it.
/// Source: RFC 8536 (TZif, version 2 or later) and POSIX.1-2017, 8.3 (TZ).
/// Checked against: libc, every zone of this machine, tests/monitor/time_zone_test.cc.
namespace weir::monitor {

/// The day is the `week`th `weekday` of `month`; week 5 is the last.
struct YearlyClockChange {
  unsigned month = 1;
  unsigned week = 1;
  unsigned weekday = 0;
  std::int32_t time_s = 7200;  // Local, from midnight on; may be on another day.
};

/// How it goes on after the last change.
struct ClockRule {
  std::int32_t standard_s = 0;
  bool has_daylight = false;
  std::int32_t daylight_s = 0;
  YearlyClockChange begins;
  YearlyClockChange ends;
};

class TimeZone {
 public:
  static constexpr std::size_t kFileBytesMax = std::size_t{256} * 1024;

  /// UTC.
  TimeZone() = default;

  /// From the bytes of a TZif file. Errors: kUsage: no such file, version 1, a rule for the years
  /// after its last change that has no days of the form Mm.w.d.
  static Result<TimeZone> Parse(std::string_view file);

  /// What is added to UTC to get local time.
  std::chrono::seconds OffsetAt(WallTime at) const;

 private:
  friend class TimeZoneReader;

  struct Change {
    std::int64_t at_s = 0;  // Since 1970, UTC.
    std::int32_t offset_s = 0;
  };

  static std::int32_t OffsetByRule(const ClockRule& rule, std::int64_t at_s);

  std::int32_t first_offset_s_ = 0;
  std::vector<Change> changes_;  // Ascending.
  std::optional<ClockRule> rule_;
};

}  // namespace weir::monitor
