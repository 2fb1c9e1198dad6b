#include "target/truth_reader.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"

namespace weir::target {
namespace {

constexpr std::string_view kColumns = "arrival_ns,service_ns,planned_ns,status";

std::optional<TruthRow> ParseRow(std::string_view line) {
  std::array<std::int64_t, 4> fields{};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool last = i + 1 == fields.size();
    const std::size_t end = last ? line.size() : line.find(',');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    const auto [parsed, error] = std::from_chars(line.data(), line.data() + end, fields[i]);
    if (error != std::errc() || parsed != line.data() + end) {
      return std::nullopt;
    }
    line.remove_prefix(last ? end : end + 1);
  }
  return TruthRow{fields[0], fields[1], fields[2], static_cast<int>(fields[3])};
}

}  // namespace

Result<std::vector<TruthRow>> ReadTruth(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return Unavailable(fmt::format("cannot read truth file '{}'", Printable(path)));
  }
  std::vector<TruthRow> rows;
  std::size_t number = 0;
  bool has_columns = false;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.starts_with('#')) {
      continue;
    }
    if (!has_columns && line == kColumns) {
      has_columns = true;
      continue;
    }
    const std::optional<TruthRow> row = has_columns ? ParseRow(line) : std::nullopt;
    if (!row) {
      return Unavailable(fmt::format("truth file '{}', line {}: '{}' is no line of 'weir target'",
                                     Printable(path), number, Printable(line, 60)));
    }
    rows.push_back(*row);
  }
  return rows;
}

}  // namespace weir::target
