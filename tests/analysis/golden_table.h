#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir::tests {

/// Reads tests/golden/analysis/NAME, a plain CSV with a header and without quotes, that a script
/// beside it made with SciPy or NumPy: one map a row. Aborts when it cannot be read or is empty.
std::vector<std::map<std::string, std::string>> ReadGoldenTable(std::string_view name);

/// The number in `text`; aborts when it is none.
double NumberOf(const std::string& text);

/// Numbers with spaces between them.
std::vector<double> NumbersOf(const std::string& text);

}  // namespace weir::tests
