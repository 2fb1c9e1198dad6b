#include "cli/series_builder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace weir::cli {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower) {
    letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  }
  return lower;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

struct TimeColumn {
  bool is_time = false;
  std::optional<EpochUnit> unit = {};
};

TimeColumn TimeColumnOf(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames = {"timestamp", "time", "datetime", "date",
                                                      "ts"};
  constexpr std::array<std::pair<std::string_view, EpochUnit>, 4> kUnits = {
      {{"_ns", EpochUnit::kNanoseconds},
       {"_us", EpochUnit::kMicroseconds},
       {"_ms", EpochUnit::kMilliseconds},
       {"_s", EpochUnit::kSeconds}}};
  const std::string lower = Lower(name);
  for (const std::string_view known : kNames) {
    if (lower == known) {
      return {true};
    }
    for (const auto& [suffix, unit] : kUnits) {
      if (lower.size() == known.size() + suffix.size() && lower.starts_with(known) &&
          lower.ends_with(suffix)) {
        return {true, unit};
      }
    }
  }
  return {};
}

// The unit that a column's name ends with, as this project writes them.
std::string UnitOf(std::string_view name) {
  for (const std::string_view unit : {"ns", "us", "ms", "s", "ratio", "bytes"}) {
    if (name.size() > unit.size() + 1 && name.ends_with(unit) &&
        name[name.size() - unit.size() - 1] == '_') {
      return name.ends_with("_per_s") ? "per_s" : std::string(unit);
    }
  }
  return {};
}

bool Contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsMissing(std::string_view text) {
  if (text.empty() || text == "-") {
    return true;
  }
  if (text.size() > 4) {
    return false;
  }
  const std::string lower = Lower(text);
  return lower == "nan" || lower == "null" || lower == "na" || lower == "n/a" || lower == "none";
}

}  // namespace

SeriesBuilder::SeriesBuilder(std::string source, Place place, const SeriesFileOptions& options)
    : options_(options), place_(place) {
  table_.source = std::move(source);
}

tl::unexpected<Error> SeriesBuilder::At(std::size_t line, std::string_view message,
                                        std::string_view hint) const {
  const std::string where =
      place_ == Place::kLine ? fmt::format(":{}", line) : fmt::format(": row {}", line);
  return UsageError(
      fmt::format("{}{}: {}\n  hint: {}", Printable(table_.source), where, message, hint));
}

void SeriesBuilder::AssignRoles(std::span<const std::string> names) {
  for (const std::string& raw : names) {
    Column column{.name = std::string(Trimmed(raw))};
    const std::string lower = Lower(column.name);
    const bool wanted = Contains(options_.values, column.name);
    const TimeColumn time = TimeColumnOf(column.name);
    if (time.is_time && !has_time_ && !wanted) {
      column.role = Role::kTime;
      has_time_ = true;
      epoch_unit_ = time.unit;
    } else if (!wanted && Contains(options_.labels, lower)) {
      column.role = Role::kLabel;
      column.slot = table_.labels.size();
      table_.labels.push_back({.name = lower, .values = {}});
    } else if (wanted || options_.values.empty()) {
      column.role = Role::kValue;
      column.slot = table_.series.size();
      table_.series.push_back(
          {.name = column.name, .unit = UnitOf(column.name), .values = {}, .errors = {}});
    }
    columns_.push_back(std::move(column));
  }
}

Status SeriesBuilder::CheckWanted(std::size_t line) const {
  std::vector<std::string_view> names;
  for (const Column& column : columns_) {
    names.push_back(column.name);
  }
  for (const std::string& wanted : options_.values) {
    if (table_.Find(wanted) == nullptr) {
      const std::optional<std::string> nearest = NearestWord(wanted, names);
      return At(line, fmt::format("there is no column '{}'", Printable(wanted)),
                nearest ? fmt::format("did you mean '{}'?", Printable(*nearest))
                        : fmt::format("the columns are: {}",
                                      Printable(fmt::format("{}", fmt::join(names, ", ")))));
    }
  }
  return {};
}

Status SeriesBuilder::SetColumns(std::span<const std::string> names, std::size_t line) {
  if (names.size() > options_.columns_max) {
    return At(line,
              fmt::format("{} columns are more than the {} that are read", names.size(),
                          options_.columns_max),
              "split the file");
  }
  AssignRoles(names);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (columns_[i].name == columns_[j].name) {
        return At(line, fmt::format("two columns are called '{}'", Printable(columns_[i].name)),
                  "give each column a name of its own");
      }
    }
  }
  if (table_.series.empty() && options_.values.empty()) {
    return At(line, "no column of numbers", "a table has a header such as 'timestamp,value'");
  }
  if (Status wanted = CheckWanted(line); !wanted) {
    return wanted;
  }
  // In the order asked for, not in that of the file.
  if (!options_.values.empty()) {
    std::vector<Series> ordered;
    for (const std::string& wanted : options_.values) {
      const auto column = ColumnOf(wanted);
      columns_[*column].slot = ordered.size();
      ordered.push_back({.name = wanted, .unit = UnitOf(wanted), .values = {}, .errors = {}});
    }
    table_.series = std::move(ordered);
  }
  return {};
}

std::optional<std::size_t> SeriesBuilder::ColumnOf(std::string_view name) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].name == name) {
      return i;
    }
  }
  return std::nullopt;
}

Status SeriesBuilder::Put(std::size_t column, std::string_view text, std::size_t line) {
  const Column& at = columns_[column];
  text = Trimmed(text);
  switch (at.role) {
    case Role::kTime:
      return PutTime(at, text, line);
    case Role::kLabel:
      table_.labels[at.slot].values.resize(rows_);
      table_.labels[at.slot].values.emplace_back(text);
      return {};
    case Role::kValue:
      return PutValue(at, text, line);
    case Role::kIgnored:
      break;
  }
  return {};
}

Status SeriesBuilder::PutValue(const Column& column, std::string_view text, std::size_t line) {
  std::vector<double>& values = table_.series[column.slot].values;
  if (IsMissing(text)) {
    return {};
  }
  double value = 0;
  const char* end = text.data() + text.size();
  const char* begin = text.front() == '+' ? text.data() + 1 : text.data();
  const auto read = std::from_chars(begin, end, value);
  if (read.ec == std::errc::result_out_of_range && read.ptr == end) {
    // Too large for a double, or too small to differ from 0.
    value = text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos
                ? 0
                : std::numeric_limits<double>::infinity();
  } else if (read.ec != std::errc() || read.ptr != end) {
    return At(line,
              fmt::format("column '{}': '{}' is not a number", Printable(column.name),
                          Printable(text, 60)),
              "leave the cell empty where nothing was measured, or name the columns to read "
              "with --value");
  }
  if (!std::isfinite(value)) {
    ++infinite_;
    return {};
  }
  values.push_back(value);
  return {};
}

Status SeriesBuilder::PutTime(const Column& column, std::string_view text, std::size_t line) {
  Result<WallTime> time = UsageError("");
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) {
    if (!epoch_unit_) {
      epoch_unit_ = GuessEpochUnit(number);
    }
    time = ParseEpoch(text, *epoch_unit_);
  } else {
    time = ParseWallTime(text);
  }
  if (!time) {
    return At(line, fmt::format("column '{}': {}", Printable(column.name), time.error().message),
              "a row without a time cannot be placed; take the row out");
  }
  if (!table_.times.empty() && *time < table_.times.back()) {
    unordered_line_ = unordered_++ == 0 ? line : unordered_line_;
  }
  table_.times.push_back(*time);
  return {};
}

Status SeriesBuilder::EndRow(std::size_t line) {
  ++rows_;
  if (has_time_ && table_.times.size() != rows_) {
    return At(line, "the row has no time", "a row without a time cannot be placed; take it out");
  }
  for (Series& one : table_.series) {
    one.values.resize(rows_, kMissing);
  }
  for (SeriesLabels& one : table_.labels) {
    one.values.resize(rows_);
  }
  cells_ += table_.series.size() + table_.labels.size();
  if (cells_ > options_.cells_max) {
    return At(line, fmt::format("more than {} cells", FormatCount(options_.cells_max)),
              "split the file, or name the columns to read with --value");
  }
  return {};
}

Result<SeriesTable> SeriesBuilder::Take() {
  if (columns_.empty() || rows_ == 0) {
    return UsageError(fmt::format(
        "{}: no values\n  hint: a table has a header such as 'timestamp,value' and then one row a "
        "point",
        Printable(table_.source)));
  }
  if (infinite_ > 0) {
    table_.warnings.push_back(
        fmt::format("{} infinite values are taken as missing", FormatCount(infinite_)));
  }
  if (unordered_ > 0) {
    table_.warnings.push_back(
        fmt::format("{} rows are earlier than the row before them (first in line {}); the order of "
                    "the file is kept",
                    FormatCount(unordered_), unordered_line_));
  }
  return std::move(table_);
}

}  // namespace weir::cli
