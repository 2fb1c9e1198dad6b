#pragma once

#include <filesystem>
#include <string_view>

#include <gtest/gtest.h>

namespace weir::tests {

/// Where the golden file `name` lies: tests/golden/<name>, seen from the root of the checkout, in
/// which ctest runs every test.
std::filesystem::path GoldenPath(std::string_view name);

/// Whether `actual` is, byte for byte, the golden file `name` ("reports/summary.txt"). Use as
/// `EXPECT_TRUE(MatchesGolden(text, "reports/summary.txt"))`; on failure it says the first line
/// that differs and how to accept the new text.
///
/// With UPDATE_GOLDEN=1 in the environment it writes the file instead and passes; read the diff
/// before committing it.
testing::AssertionResult MatchesGolden(std::string_view actual, std::string_view name);

/// As MatchesGolden, against the text `expected`; the core of it, for texts that live elsewhere.
testing::AssertionResult SameText(std::string_view actual, std::string_view expected);

}  // namespace weir::tests
