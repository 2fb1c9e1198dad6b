#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/config/config_reader.h"

namespace weir::monitor {

using scenarios::FindValue;
using scenarios::YamlNode;

namespace {

constexpr std::size_t kIntervalsMax = 100;
constexpr std::size_t kSpecsMax = 100;
constexpr std::size_t kNameBytesMax = 100;
constexpr std::string_view kZoneHint =
    "write a name of the IANA database such as 'Europe/Berlin', 'UTC', or 'Local' for that of this "
    "machine";

void ReadTimes(const ConfigReader& reader, const YamlNode& list, TimeSpec& spec) {
  if (!reader.IsListOfMaps({list, "times"}, kSpecsMax)) {
    return;
  }
  for (const YamlNode& node : list.items) {
    constexpr std::array<std::string_view, 2> kKnown = {"start_time", "end_time"};
    if (!CheckKeys(node, {"times", kKnown, {}}, reader.diagnostics)) {
      continue;
    }
    const Result<DayTimes> times =
        ParseDayTimes(reader.TextOf(node, "start_time"), reader.TextOf(node, "end_time"));
    if (times) {
      spec.times.push_back(*times);
    } else {
      reader.diagnostics.Add(node.span, times.error().message,
                             "for example '{ start_time: 09:00, end_time: 17:00 }'");
    }
  }
}

// Upwards of the folder of zones lie other files.
bool IsZoneName(std::string_view name) {
  const auto is_fit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
  };
  return !name.empty() && name.size() <= kNameBytesMax && name.front() != '/' &&
         std::all_of(name.begin(), name.end(), is_fit);
}

void ReadZone(const ConfigReader& reader, const YamlNode& node, TimeSpec& spec) {
  const std::string name =
      scenarios::ReadScalar({node, "location"}, reader.diagnostics).value_or("");
  if (!IsZoneName(name)) {
    reader.diagnostics.Add(node.span,
                           fmt::format("'{}' is no name of a time zone", Printable(name, 60)),
                           std::string(kZoneHint));
    return;
  }
  const Result<std::string> file = reader.access.read_time_zone(name);
  Result<TimeZone> zone = file ? TimeZone::Parse(*file) : tl::unexpected(file.error());
  if (zone) {
    spec.zone = std::move(*zone);
    spec.zone_name = name;
  } else {
    reader.diagnostics.Add(node.span, zone.error().message, std::string(kZoneHint));
  }
}

TimeSpec ReadTimeSpec(const ConfigReader& reader, const YamlNode& node) {
  constexpr std::array<std::string_view, 6> kKnown = {"times",  "weekdays", "days_of_month",
                                                      "months", "years",    "location"};
  TimeSpec spec;
  if (!CheckKeys(node, {"time interval", kKnown, {}}, reader.diagnostics)) {
    return spec;
  }
  if (const YamlNode* times = FindValue(node, "times")) {
    ReadTimes(reader, *times, spec);
  }
  using Parse = std::function<Result<CalendarRange>(std::string_view)>;
  const auto read = [&](std::string_view key, const Parse& parse,
                        std::vector<CalendarRange>& into) {
    for (const std::string& text : reader.ReadWords(node, key)) {
      if (const Result<CalendarRange> range = parse(text)) {
        into.push_back(*range);
      } else {
        reader.diagnostics.Add(FindValue(node, key)->span, range.error().message);
      }
    }
  };
  read("weekdays", ParseWeekdays, spec.weekdays);
  read("days_of_month", ParseDaysOfMonth, spec.days_of_month);
  read("months", ParseMonths, spec.months);
  read("years", ParseYears, spec.years);
  if (const YamlNode* location = FindValue(node, "location")) {
    ReadZone(reader, *location, spec);
  }
  return spec;
}

}  // namespace

void ConfigReader::ReadTimeIntervals(const YamlNode* list) const {
  std::vector<TimeInterval>& intervals = config.policy.intervals;
  if (list == nullptr || !IsListOfMaps({*list, "time_intervals"}, kIntervalsMax)) {
    return;
  }
  for (const YamlNode& node : list->items) {
    constexpr std::array<std::string_view, 2> kKnown = {"name", "time_intervals"};
    if (!CheckKeys(node, {"named time interval", kKnown, {}}, diagnostics)) {
      continue;
    }
    TimeInterval interval;
    const YamlNode* name = FindValue(node, "name");
    const YamlNode* specs = FindValue(node, "time_intervals");
    if (name == nullptr || specs == nullptr) {
      diagnostics.Add(node.span, "a time interval has a name and a list of its times",
                      "write '{ name: nights, time_intervals: [ { times: [ ... ] } ] }'");
      continue;
    }
    interval.name = ReadName({*name, "name"}, kNameBytesMax, diagnostics).value_or("");
    if (std::any_of(intervals.begin(), intervals.end(), [&interval](const TimeInterval& other) {
          return other.name == interval.name;
        })) {
      diagnostics.Add(name->span,
                      fmt::format("there are two time intervals '{}'", Printable(interval.name)),
                      "give each a name of its own");
    }
    if (IsListOfMaps({*specs, "time_intervals"}, kSpecsMax)) {
      for (const YamlNode& spec : specs->items) {
        interval.specs.push_back(ReadTimeSpec(*this, spec));
      }
    }
    intervals.push_back(std::move(interval));
  }
}

void ConfigReader::ReadDigest(const YamlNode* node) const {
  constexpr std::array<std::string_view, 3> kKnown = {"every", "at", "location"};
  if (node == nullptr || !CheckKeys(*node, {"digest", kKnown, {}}, diagnostics)) {
    return;
  }
  DigestSchedule& schedule = config.digest;
  const YamlNode* every = FindValue(*node, "every");
  const YamlNode* at = FindValue(*node, "at");
  const YamlNode* location = FindValue(*node, "location");
  if (every != nullptr && (at != nullptr || location != nullptr)) {
    diagnostics.Add(node->span, "a digest has 'every', or the time of the day",
                    "for example 'digest: { at: '09:00', location: Europe/Berlin }'");
    return;
  }
  if (every != nullptr) {
    Nanos span{0};
    ReadSpan(*node, "every", std::chrono::seconds(1), span);
    schedule.every = span;
  }
  if (at != nullptr) {
    const Result<DayTimes> times = ParseDayTimes(TextOf(*node, "at"), "24:00");
    if (times) {
      schedule.at_min = times->begin_min;
    } else {
      diagnostics.Add(at->span, "at is no time of the day", "for example '09:00'");
    }
  }
  if (location != nullptr) {
    TimeSpec spec;
    ReadZone(*this, *location, spec);
    schedule.zone = std::move(spec.zone);
    schedule.zone_name = std::move(spec.zone_name);
  }
}

}  // namespace weir::monitor
