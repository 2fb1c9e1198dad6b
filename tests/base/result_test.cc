#include "base/result.h"

#include <string>

#include <gtest/gtest.h>

namespace weir {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) {
    return UsageError("odd");
  }
  return value / 2;
}

TEST(ResultTest, HoldsAValueOrTheReason) {
  EXPECT_EQ(Half(4).value(), 2);
  const Result<int> odd = Half(3);
  ASSERT_FALSE(odd.has_value());
  EXPECT_EQ(odd.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(odd.error().message, "odd");
}

TEST(ResultTest, EachHelperMakesItsKindOfError) {
  EXPECT_EQ(UsageError("x").value().kind, ErrorKind::kUsage);
  EXPECT_EQ(Unavailable("x").value().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(Internal("x").value().kind, ErrorKind::kInternal);
  EXPECT_EQ(Fail(ErrorKind::kInternal, "text").value().message, "text");
}

TEST(ResultTest, StatusIsGoodByDefault) {
  const Status good;
  EXPECT_TRUE(good.has_value());
  const Status bad = Unavailable("gone");
  EXPECT_FALSE(bad.has_value());
}

}  // namespace
}  // namespace weir
