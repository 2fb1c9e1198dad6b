#include "tests/support/golden.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "base/text.h"
#include "tests/support/temp_dir.h"

namespace weir::tests {
namespace {

// The line of `text` that holds the byte at `at`.
std::string_view LineAt(std::string_view text, std::size_t at) {
  const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  const std::size_t first = before == std::string_view::npos ? 0 : before + 1;
  const std::size_t end = std::min(text.find('\n', first), text.size());
  return text.substr(first, end - first);
}

bool Updating() {
  const char* value = std::getenv("UPDATE_GOLDEN");  // NOLINT(concurrency-mt-unsafe): read only
  return value != nullptr && std::string_view(value) == "1";
}

}  // namespace

std::filesystem::path GoldenPath(std::string_view name) {
  return std::filesystem::path(WEIR_GOLDEN_DIR) / name;
}

testing::AssertionResult SameText(std::string_view actual, std::string_view expected) {
  if (actual == expected) {
    return testing::AssertionSuccess();
  }
  const auto place =
      std::mismatch(actual.begin(), actual.end(), expected.begin(), expected.end()).first;
  const auto at = static_cast<std::size_t>(place - actual.begin());
  const auto line = 1 + std::count(actual.begin(), place, '\n');
  return testing::AssertionFailure() << fmt::format(
             "texts of {} and {} bytes differ at line {} (byte {}):\n  expected: {}\n"
             "    actual: {}\n--- whole actual text ---\n{}",
             expected.size(), actual.size(), line, at, Printable(LineAt(expected, at)),
             Printable(LineAt(actual, at)), actual);
}

testing::AssertionResult MatchesGolden(std::string_view actual, std::string_view name) {
  const std::filesystem::path path = GoldenPath(name);
  if (Updating()) {
    WriteFile(path, actual);
    return testing::AssertionSuccess();
  }
  if (!std::filesystem::exists(path)) {
    return testing::AssertionFailure()
           << "there is no tests/golden/" << name << "; run the test with UPDATE_GOLDEN=1";
  }
  testing::AssertionResult same = SameText(actual, ReadFile(path));
  if (!same) {
    same << "\n--- if the change is meant: UPDATE_GOLDEN=1, then review tests/golden/" << name;
  }
  return same;
}

}  // namespace weir::tests
