#include "monitor/alerts/time_interval.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "base/text.h"

namespace weir::monitor {
namespace {

constexpr std::array<std::string_view, 7> kWeekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr int kDaysOfMonthMax = 31;
constexpr int kDaysOfEveryMonth = 28;
constexpr int kYearMax = 9999;

std::optional<int> NumberOf(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return lower;
}

std::optional<int> IndexOf(std::span<const std::string_view> names, std::string_view text) {
  const auto found = std::find(names.begin(), names.end(), Lower(text));
  return found == names.end() ? std::nullopt
                              : std::optional(static_cast<int>(found - names.begin()));
}

/// `read` makes a number of each end.
template <typename Read>
std::optional<CalendarRange> RangeOf(std::string_view text, Read read) {
  const std::size_t colon = text.find(':');
  const std::optional<int> begin = read(text.substr(0, colon));
  const std::optional<int> end =
      colon == std::string_view::npos ? begin : read(text.substr(colon + 1));
  return begin && end ? std::optional(CalendarRange{*begin, *end}) : std::nullopt;
}

Result<CalendarRange> InOrder(std::optional<CalendarRange> range, std::string_view text,
                              std::string_view what) {
  if (!range) {
    return UsageError(fmt::format("'{}' is not {}", Printable(text, 60), what));
  }
  if (range->begin > range->end) {
    return UsageError(
        fmt::format("'{}' ends before it begins; write it as two ranges", Printable(text, 60)));
  }
  return *range;
}

std::optional<int> MinutesOf(std::string_view text) {
  const auto digit = [text](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) {
    return std::nullopt;
  }
  const int hours = *NumberOf(text.substr(0, 2));
  const int minutes = *NumberOf(text.substr(3));
  const int all = hours * 60 + minutes;
  return minutes < 60 && all <= 24 * 60 ? std::optional(all) : std::nullopt;
}

template <typename Range>
bool IsInAny(const std::vector<CalendarRange>& ranges, Range value) {
  return ranges.empty() || std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) {
           return range.begin <= static_cast<int>(value) && static_cast<int>(value) <= range.end;
         });
}

bool IsDayIn(const std::vector<CalendarRange>& ranges, int day, int days_in_month) {
  const auto from_start = [days_in_month](int number) {
    return number < 0 ? days_in_month + number + 1 : number;
  };
  return ranges.empty() || std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) {
           return from_start(range.begin) <= day && day <= from_start(range.end);
         });
}

bool IsIn(const TimeSpec& spec, WallTime at) {
  const std::chrono::sys_seconds local(
      std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()) + spec.zone.OffsetAt(at));
  const std::chrono::sys_days day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(day);
  const int days_in_month =
      static_cast<int>(unsigned{(date.year() / date.month() / std::chrono::last).day()});
  const auto minute =
      static_cast<int>(std::chrono::floor<std::chrono::minutes>(local - day).count());
  const bool in_times =
      spec.times.empty() ||
      std::any_of(spec.times.begin(), spec.times.end(), [minute](const DayTimes& times) {
        return times.begin_min <= minute && minute < times.end_min;
      });
  return in_times && IsInAny(spec.weekdays, std::chrono::weekday(day).c_encoding()) &&
         IsDayIn(spec.days_of_month, static_cast<int>(unsigned{date.day()}), days_in_month) &&
         IsInAny(spec.months, unsigned{date.month()}) && IsInAny(spec.years, int{date.year()});
}

/// "1 to 7", "december"; `name` says what a number is called. Empty: all.
template <typename Name>
void AddWords(std::string_view what, const std::vector<CalendarRange>& ranges, Name name,
              std::vector<std::string>& parts) {
  std::string text;
  for (const CalendarRange& range : ranges) {
    text += text.empty() ? "" : " and ";
    text += name(range.begin);
    if (range.end != range.begin) {
      text += fmt::format(" to {}", name(range.end));
    }
  }
  if (!text.empty()) {
    parts.push_back(std::string(what) + text);
  }
}

std::string SpecInWords(const TimeSpec& spec) {
  std::vector<std::string> parts;
  std::string times;
  for (const DayTimes& range : spec.times) {
    times += fmt::format("{}{:02}:{:02} to {:02}:{:02}", times.empty() ? "" : " and ",
                         range.begin_min / 60, range.begin_min % 60, range.end_min / 60,
                         range.end_min % 60);
  }
  if (!times.empty()) {
    parts.push_back(times);
  }
  const auto number = [](int value) { return fmt::format("{}", value); };
  const auto day = [](int value) { return kWeekdays[static_cast<std::size_t>(value)]; };
  const auto month = [](int value) { return kMonths[static_cast<std::size_t>(value - 1)]; };
  AddWords("", spec.weekdays, day, parts);
  AddWords("days of the month ", spec.days_of_month, number, parts);
  AddWords("", spec.months, month, parts);
  AddWords("in ", spec.years, number, parts);
  return parts.empty() ? "always"
                       : fmt::format("{} ({})", fmt::join(parts, ", "), Printable(spec.zone_name));
}

}  // namespace

std::string InWords(const TimeInterval& interval) {
  std::string text;
  for (const TimeSpec& spec : interval.specs) {
    text += (text.empty() ? "" : "; or ") + SpecInWords(spec);
  }
  return text.empty() ? "never" : text;
}

bool TimeInterval::Contains(WallTime at) const {
  return std::any_of(specs.begin(), specs.end(),
                     [at](const TimeSpec& spec) { return IsIn(spec, at); });
}

Result<CalendarRange> ParseWeekdays(std::string_view text) {
  return InOrder(RangeOf(text, [](std::string_view part) { return IndexOf(kWeekdays, part); }),
                 text, "a day of the week or a range of them; write 'monday:friday' or 'saturday'");
}

Result<CalendarRange> ParseMonths(std::string_view text) {
  const auto month = [](std::string_view part) {
    std::optional<int> number = NumberOf(part);
    if (const std::optional<int> index = IndexOf(kMonths, part)) {
      number = *index + 1;
    }
    return number && *number >= 1 && *number <= 12 ? number : std::nullopt;
  };
  return InOrder(RangeOf(text, month), text,
                 "a month or a range of them; write 'may:august', '5:8' or 'december'");
}

Result<CalendarRange> ParseYears(std::string_view text) {
  const auto year = [](std::string_view part) {
    const std::optional<int> number = NumberOf(part);
    return number && *number >= 0 && *number <= kYearMax ? number : std::nullopt;
  };
  return InOrder(RangeOf(text, year), text,
                 "a year or a range of them; write '2026' or '2026:2028'");
}

Result<CalendarRange> ParseDaysOfMonth(std::string_view text) {
  const auto day = [](std::string_view part) {
    const std::optional<int> number = NumberOf(part);
    return number && *number != 0 && std::abs(*number) <= kDaysOfMonthMax ? number : std::nullopt;
  };
  const std::optional<CalendarRange> range = RangeOf(text, day);
  constexpr std::string_view kWhat =
      "a day of the month or a range of them; write '1:7', or '-3:-1' for the last three";
  if (!range) {
    return InOrder(range, text, kWhat);
  }
  // As Alertmanager: what is empty in every month, or in short ones turns round, is refused.
  const auto in_short_month = [](int number) {
    return number < 0 ? kDaysOfEveryMonth + number : number;
  };
  if ((range->begin < 0 && range->end > 0) ||
      in_short_month(range->begin) > in_short_month(range->end)) {
    return InOrder(CalendarRange{1, 0}, text, kWhat);
  }
  return *range;
}

Result<DayTimes> ParseDayTimes(std::string_view start, std::string_view end) {
  const std::optional<int> begin_min = MinutesOf(start);
  const std::optional<int> end_min = MinutesOf(end);
  if (!begin_min || !end_min) {
    return UsageError(fmt::format("'{}' is not a time of the day; write '09:00', up to '24:00'",
                                  Printable(begin_min ? end : start, 60)));
  }
  if (*begin_min >= *end_min) {
    return UsageError(
        fmt::format("times from '{}' to '{}' end before they begin; write what is after midnight "
                    "as a range of its own",
                    Printable(start, 60), Printable(end, 60)));
  }
  return DayTimes{*begin_min, *end_min};
}

}  // namespace weir::monitor
