#include "base/wall_time.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"

namespace weir {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
// Whole seconds for which every nanosecond still fits.
constexpr std::int64_t kSecondsMax = std::numeric_limits<std::int64_t>::max() / kNanosPerSecond - 1;

// Takes `digits` decimal digits off the front of `text`.
std::optional<int> TakeNumber(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) {
    return std::nullopt;
  }
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') {
      return std::nullopt;
    }
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool Take(std::string_view& text, std::string_view any) {
  if (text.empty() || any.find(text.front()) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

// "2026-11-23" as days since 1970.
std::optional<std::int64_t> TakeDate(std::string_view& text) {
  const auto year = TakeNumber(text, 4);
  const bool first = year && Take(text, "-/");
  const auto month = first ? TakeNumber(text, 2) : std::nullopt;
  const bool second = month && Take(text, "-/");
  const auto day = second ? TakeNumber(text, 2) : std::nullopt;
  if (!day) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date).time_since_epoch().count();
}

// "12:34", "12:34:56", "12:34:56.789" as nanoseconds since midnight.
std::optional<std::int64_t> TakeTimeOfDay(std::string_view& text) {
  const auto hour = TakeNumber(text, 2);
  const bool colon = hour && Take(text, ":");
  const auto minute = colon ? TakeNumber(text, 2) : std::nullopt;
  if (!minute || *hour > 23 || *minute > 59) {
    return std::nullopt;
  }
  std::int64_t second = 0;
  std::int64_t fraction_ns = 0;
  if (Take(text, ":")) {
    const auto read = TakeNumber(text, 2);
    if (!read || *read > 60) {
      return std::nullopt;
    }
    second = *read;
    if (Take(text, ".,")) {
      std::int64_t scale = kNanosPerSecond;
      std::size_t digits = 0;
      for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
        scale /= 10;
        fraction_ns += scale * (text[digits] - '0');
      }
      if (digits == 0) {
        return std::nullopt;
      }
      text.remove_prefix(digits);
    }
  }
  return ((*hour * std::int64_t{60} + *minute) * 60 + second) * kNanosPerSecond + fraction_ns;
}

// "Z", "+01:00", "-0800", "+01" as seconds east of UTC; nothing at all is UTC.
std::optional<std::int64_t> TakeZone(std::string_view& text) {
  if (text.empty() || Take(text, "Zz")) {
    return 0;
  }
  const std::int64_t sign = text.front() == '-' ? -1 : 1;
  if (!Take(text, "+-")) {
    return std::nullopt;
  }
  const auto hours = TakeNumber(text, 2);
  if (!hours || *hours > 23) {
    return std::nullopt;
  }
  int minutes = 0;
  const bool colon = Take(text, ":");
  if (colon || !text.empty()) {
    const auto read = TakeNumber(text, 2);
    if (!read || *read > 59) {
      return std::nullopt;
    }
    minutes = *read;
  }
  return sign * (*hours * std::int64_t{60} + minutes) * 60;
}

std::optional<WallTime> ReadWallTime(std::string_view text) {
  const auto days = TakeDate(text);
  if (!days) {
    return std::nullopt;
  }
  std::int64_t of_day_ns = 0;
  std::int64_t zone_s = 0;
  if (Take(text, "Tt ")) {
    const auto time = TakeTimeOfDay(text);
    const auto zone = time ? TakeZone(text) : std::nullopt;
    if (!zone) {
      return std::nullopt;
    }
    of_day_ns = *time;
    zone_s = *zone;
  }
  const std::int64_t seconds = *days * 86'400 - zone_s;
  if (!text.empty() || seconds > kSecondsMax - 86'401 || seconds < -kSecondsMax) {
    return std::nullopt;
  }
  return WallTime(Nanos(seconds * kNanosPerSecond + of_day_ns));
}

std::int64_t NanosOf(EpochUnit unit) {
  switch (unit) {
    case EpochUnit::kSeconds:
      return kNanosPerSecond;
    case EpochUnit::kMilliseconds:
      return 1'000'000;
    case EpochUnit::kMicroseconds:
      return 1'000;
    case EpochUnit::kNanoseconds:
      break;
  }
  return 1;
}

}  // namespace

Result<WallTime> ParseWallTime(std::string_view text) {
  if (const auto time = ReadWallTime(text)) {
    return *time;
  }
  return UsageError(
      fmt::format("'{}' is not a time; write it as 2026-11-23T12:34:56Z or as seconds since 1970",
                  Printable(text, 60)));
}

EpochUnit GuessEpochUnit(double epoch) {
  const double size = std::fabs(epoch);
  if (size < 1e11) {
    return EpochUnit::kSeconds;
  }
  return size < 1e14   ? EpochUnit::kMilliseconds
         : size < 1e17 ? EpochUnit::kMicroseconds
                       : EpochUnit::kNanoseconds;
}

Result<WallTime> ParseEpoch(std::string_view text, EpochUnit unit) {
  const std::int64_t scale = NanosOf(unit);
  const char* end = text.data() + text.size();
  std::int64_t whole = 0;
  const auto read = std::from_chars(text.data(), end, whole);
  const std::int64_t whole_max = std::numeric_limits<std::int64_t>::max() / scale;
  if (read.ec == std::errc() && read.ptr == end && whole <= whole_max && whole >= -whole_max) {
    return WallTime(Nanos(whole * scale));
  }
  double value = 0;
  const auto real = std::from_chars(text.data(), end, value);
  const bool number = real.ec == std::errc() && real.ptr == end;
  if (!number || !(std::fabs(value) * static_cast<double>(scale) < 9.2e18)) {
    return UsageError(
        fmt::format("'{}' is not a time; write it as 2026-11-23T12:34:56Z or as seconds since 1970",
                    Printable(text, 60)));
  }
  // The whole part apart, so that the fraction keeps its digits.
  const double units = std::trunc(value);
  return WallTime(Nanos(static_cast<std::int64_t>(units) * scale +
                        std::llround((value - units) * static_cast<double>(scale))));
}

}  // namespace weir
