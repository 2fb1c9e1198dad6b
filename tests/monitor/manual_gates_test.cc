#include "monitor/manual_gates.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace weir::monitor {
namespace {

TEST(ManualGatesTest, AreClosedUntilOpenedEachForItself) {
  ManualGates gates;
  EXPECT_FALSE(gates.IsOpen("shop.prod"));
  EXPECT_TRUE(gates.Open("shop.prod"));
  EXPECT_TRUE(gates.IsOpen("shop.prod"));
  EXPECT_FALSE(gates.IsOpen("cart.prod"));
  gates.Close("shop.prod");
  EXPECT_FALSE(gates.IsOpen("shop.prod"));
}

TEST(ManualGatesTest, HoldNoMoreThanTheirLimit) {
  ManualGates gates;
  for (std::size_t i = 0; i < ManualGates::kOpenMax; ++i) {
    ASSERT_TRUE(gates.Open(fmt::format("canary {}", i)));
  }
  EXPECT_FALSE(gates.Open("one more"));
  EXPECT_FALSE(gates.IsOpen("one more"));
  EXPECT_TRUE(gates.Open("canary 0"));
}

}  // namespace
}  // namespace weir::monitor
