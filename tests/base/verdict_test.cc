#include "base/verdict.h"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(VerdictTest, WorseIsTheMoreSevereInEitherOrder) {
  constexpr std::array kBySeverity = {Verdict::kPass, Verdict::kWarn, Verdict::kInconclusive,
                                      Verdict::kFail};
  for (std::size_t i = 0; i < kBySeverity.size(); ++i) {
    for (std::size_t j = 0; j < kBySeverity.size(); ++j) {
      EXPECT_EQ(Worse(kBySeverity[i], kBySeverity[j]), kBySeverity[std::max(i, j)]);
    }
  }
}

TEST(VerdictTest, NamesAreThoseOfTheJson) {
  EXPECT_EQ(VerdictName(Verdict::kPass), "pass");
  EXPECT_EQ(VerdictName(Verdict::kWarn), "warn");
  EXPECT_EQ(VerdictName(Verdict::kInconclusive), "inconclusive");
  EXPECT_EQ(VerdictName(Verdict::kFail), "fail");
}

}  // namespace
}  // namespace weir
