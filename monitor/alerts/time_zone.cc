#include "monitor/alerts/time_zone.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::monitor {
namespace {

constexpr std::size_t kHeaderBytes = 44;
constexpr std::size_t kTypeBytes = 6;
constexpr std::int32_t kHourSeconds = 3600;

std::uint64_t BigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) {
    value = value << 8U | static_cast<unsigned char>(c);
  }
  return value;
}

/// What a header of TZif says follows it.
struct Counts {
  explicit Counts(std::string_view header) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<std::size_t>(BigEndian(header.substr(20 + i * 4, 4)));
    }
  }

  std::size_t changes() const { return values[3]; }

  std::size_t types() const { return values[4]; }

  std::size_t BlockBytes(std::size_t time_bytes) const {
    return changes() * (time_bytes + 1) + types() * kTypeBytes + values[5] +
           values[2] * (time_bytes + 4) + values[1] + values[0];
  }

  std::array<std::size_t, 6> values = {};
};

/// The text of POSIX's TZ, from left to right.
class RuleText {
 public:
  explicit RuleText(std::string_view text) : rest_(text) {}

  bool Take(char c) {
    if (!rest_.starts_with(c)) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  bool AtEnd() const { return rest_.empty(); }

  bool AtAny(std::string_view chars) const {
    return !rest_.empty() && chars.find(rest_.front()) != std::string_view::npos;
  }

  /// `CET` or `<+03>`.
  bool TakeName() {
    const bool quoted = Take('<');
    std::size_t end = 0;
    while (end < rest_.size() && (quoted ? rest_[end] != '>' : IsLetter(rest_[end]))) {
      ++end;
    }
    rest_.remove_prefix(end);
    return quoted ? Take('>') : end > 0;
  }

  std::optional<unsigned> TakeNumber() {
    std::size_t end = 0;
    unsigned number = 0;
    while (end < rest_.size() && end < 3 && rest_[end] >= '0' && rest_[end] <= '9') {
      number = number * 10 + static_cast<unsigned>(rest_[end++] - '0');
    }
    rest_.remove_prefix(end);
    return end > 0 ? std::optional(number) : std::nullopt;
  }

  /// `[+-]h[:m[:s]]`, in seconds.
  std::optional<std::int32_t> TakeTime() {
    const bool negative = Take('-');
    if (!negative) {
      Take('+');
    }
    std::int32_t seconds = 0;
    std::int32_t unit = kHourSeconds;
    do {
      const std::optional<unsigned> number = TakeNumber();
      if (!number || unit == 0) {
        return std::nullopt;
      }
      seconds += static_cast<std::int32_t>(*number) * unit;
      unit = unit == 1 ? 0 : unit / 60;
    } while (Take(':'));
    return negative ? -seconds : seconds;
  }

 private:
  static bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

  std::string_view rest_;
};

std::int64_t DayStart(std::chrono::year year, unsigned month, unsigned week, unsigned weekday) {
  using std::chrono::sys_days;
  const auto in = year / std::chrono::month(month);
  const std::chrono::weekday day(weekday);
  const sys_days date =
      week == 5 ? sys_days(in / day[std::chrono::last]) : sys_days(in / day[week]);
  return std::chrono::seconds(date.time_since_epoch()).count();
}

}  // namespace

class TimeZoneReader {
 public:
  explicit TimeZoneReader(std::string_view file) : file_(file) {}

  bool Read(TimeZone& zone) {
    if (!IsHeader(file_) || file_[4] < '2') {
      return false;
    }
    // The first block has 32 bits for a time, the second one, of the same zone, 64.
    const std::size_t first = kHeaderBytes + Counts(file_).BlockBytes(4);
    if (first > file_.size() || !IsHeader(file_.substr(first))) {
      return false;
    }
    const Counts counts(file_.substr(first));
    const std::string_view block = file_.substr(first + kHeaderBytes);
    const std::size_t bytes = counts.BlockBytes(8);
    if (bytes > block.size() || counts.types() == 0 || !ReadChanges(counts, block, zone)) {
      return false;
    }
    std::string_view footer = block.substr(bytes);
    if (footer.size() < 2 || footer.front() != '\n' || footer.back() != '\n') {
      return false;
    }
    footer = footer.substr(1, footer.size() - 2);
    return footer.empty() || ReadRule(footer, zone.rule_.emplace());
  }

 private:
  static bool IsHeader(std::string_view bytes) {
    return bytes.size() >= kHeaderBytes && bytes.starts_with("TZif");
  }

  static bool ReadChanges(const Counts& counts, std::string_view block, TimeZone& zone) {
    const std::string_view indices = block.substr(counts.changes() * 8, counts.changes());
    const std::string_view types = block.substr(counts.changes() * 9);
    const auto offset_of = [types](std::size_t type) {
      return static_cast<std::int32_t>(
          static_cast<std::uint32_t>(BigEndian(types.substr(type * kTypeBytes, 4))));
    };
    zone.first_offset_s_ = offset_of(0);
    for (std::size_t i = 0; i < counts.changes(); ++i) {
      const std::size_t type = static_cast<unsigned char>(indices[i]);
      const auto at_s = static_cast<std::int64_t>(BigEndian(block.substr(i * 8, 8)));
      if (type >= counts.types() || (i > 0 && at_s <= zone.changes_.back().at_s)) {
        return false;
      }
      zone.changes_.push_back({at_s, offset_of(type)});
    }
    return true;
  }

  static bool ReadRule(std::string_view text, ClockRule& rule) {
    RuleText rest(text);
    std::optional<std::int32_t> west_s = rest.TakeName() ? rest.TakeTime() : std::nullopt;
    if (!west_s) {
      return false;
    }
    rule.standard_s = -*west_s;
    if (rest.AtEnd()) {
      return true;
    }
    rule.has_daylight = true;
    rule.daylight_s = rule.standard_s + kHourSeconds;
    if (!rest.TakeName()) {
      return false;
    }
    if (rest.AtAny("+-0123456789")) {
      west_s = rest.TakeTime();
      if (!west_s) {
        return false;
      }
      rule.daylight_s = -*west_s;
    }
    return ReadYearlyChange(rest, rule.begins) && ReadYearlyChange(rest, rule.ends) && rest.AtEnd();
  }

  static bool ReadYearlyChange(RuleText& rest, YearlyClockChange& change) {
    if (!rest.Take(',') || !rest.Take('M')) {
      return false;
    }
    constexpr unsigned kNone = 999;
    change.month = rest.TakeNumber().value_or(kNone);
    change.week = rest.Take('.') ? rest.TakeNumber().value_or(kNone) : kNone;
    change.weekday = rest.Take('.') ? rest.TakeNumber().value_or(kNone) : kNone;
    if (change.month < 1 || change.month > 12 || change.week < 1 || change.week > 5 ||
        change.weekday > 6) {
      return false;
    }
    if (rest.Take('/')) {
      const std::optional<std::int32_t> time_s = rest.TakeTime();
      change.time_s = time_s.value_or(0);
      return time_s.has_value();
    }
    return true;
  }

  std::string_view file_;
};

Result<TimeZone> TimeZone::Parse(std::string_view file) {
  TimeZone zone;
  if (file.size() > kFileBytesMax || !TimeZoneReader(file).Read(zone)) {
    return UsageError(
        "this is no file of a time zone (TZif, version 2 or later); name one of "
        "/usr/share/zoneinfo, such as Europe/Berlin");
  }
  return zone;
}

std::int32_t TimeZone::OffsetByRule(const ClockRule& rule, std::int64_t at_s) {
  if (!rule.has_daylight) {
    return rule.standard_s;
  }
  const std::chrono::sys_seconds local(std::chrono::seconds(at_s + rule.standard_s));
  const std::chrono::year year =
      std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(local)).year();
  const auto instant = [year](const YearlyClockChange& change, std::int32_t offset_s) {
    return DayStart(year, change.month, change.week, change.weekday) + change.time_s - offset_s;
  };
  const std::int64_t begins = instant(rule.begins, rule.standard_s);
  const std::int64_t ends = instant(rule.ends, rule.daylight_s);
  const bool daylight =
      begins < ends ? begins <= at_s && at_s < ends : at_s < ends || begins <= at_s;
  return daylight ? rule.daylight_s : rule.standard_s;
}

std::chrono::seconds TimeZone::OffsetAt(WallTime at) const {
  const std::int64_t at_s = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
  const auto next = std::upper_bound(
      changes_.begin(), changes_.end(), at_s,
      [](std::int64_t instant_s, const Change& change) { return instant_s < change.at_s; });
  if (next == changes_.end() && rule_) {
    return std::chrono::seconds(OffsetByRule(*rule_, at_s));
  }
  return std::chrono::seconds(next == changes_.begin() ? first_offset_s_
                                                       : std::prev(next)->offset_s);
}

}  // namespace weir::monitor
