#include "target/internal/wake_lead.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::target {
namespace {

using namespace std::chrono_literals;

TEST(WakeLeadTest, SettlesAboveNineTenthsOfTheLatenesses) {
  WakeLead lead;
  Rng rng(3);
  // Uniform on 0 .. 60 us, with one wake in fifty 10 ms late: the ninth decile is near 55 us.
  for (int i = 0; i < 5000; ++i) {
    lead.Observe(rng.Below(50) == 0 ? Nanos(10ms) : Nanos(rng.Below(60'000)));
  }
  EXPECT_NEAR(static_cast<double>(lead.value().count()), 60'000, 8'000);
}

TEST(WakeLeadTest, StaysWithinItsBounds) {
  WakeLead lead;
  for (int i = 0; i < 1000; ++i) {
    lead.Observe(1s);
  }
  EXPECT_EQ(lead.value(), WakeLead::kMax);
  for (int i = 0; i < 1000; ++i) {
    lead.Observe(1us);
  }
  EXPECT_EQ(lead.value(), WakeLead::kMin);
}

}  // namespace
}  // namespace weir::target
