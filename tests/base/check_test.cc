#include "base/check.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(CheckDeathTest, FalseConditionAbortsAndSaysWhere) {
  EXPECT_DEATH(WEIR_CHECK(1 + 1 == 3),
               "weir: internal error: '1 \\+ 1 == 3' does not hold at .*check_test.cc:[0-9]+");
}

TEST(CheckTest, TrueConditionIsEvaluatedOnceAndPasses) {
  int evaluated = 0;
  WEIR_CHECK(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

}  // namespace
}  // namespace weir
