#include "tests/analysis/golden_table.h"

#include <charconv>
#include <fstream>
#include <sstream>

#include "base/check.h"
#include "tests/support/golden.h"

namespace weir::tests {
namespace {

std::vector<std::string> Split(const std::string& line, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(line);
  for (std::string part; std::getline(stream, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}

}  // namespace

std::vector<std::map<std::string, std::string>> ReadGoldenTable(std::string_view name) {
  std::ifstream file(GoldenPath("analysis/" + std::string(name)));
  std::string line;
  WEIR_CHECK(static_cast<bool>(std::getline(file, line)));
  const std::vector<std::string> header = Split(line, ',');
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(file, line)) {
    const std::vector<std::string> cells = Split(line, ',');
    std::map<std::string, std::string> row;
    for (std::size_t i = 0; i < header.size(); ++i) {
      row[header[i]] = i < cells.size() ? cells[i] : "";
    }
    rows.push_back(std::move(row));
  }
  WEIR_CHECK(!rows.empty());
  return rows;
}

double NumberOf(const std::string& text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  WEIR_CHECK(read.ec == std::errc() && read.ptr == text.data() + text.size());
  return value;
}

std::vector<double> NumbersOf(const std::string& text) {
  std::vector<double> numbers;
  for (const std::string& part : Split(text, ' ')) {
    numbers.push_back(NumberOf(part));
  }
  return numbers;
}

}  // namespace weir::tests
