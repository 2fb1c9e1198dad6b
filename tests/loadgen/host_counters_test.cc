#include "loadgen/host_counters.h"

#include <gtest/gtest.h>

namespace weir::loadgen {
namespace {

TEST(ParseMachineTicksTest, AddsUpTheFirstLine) {
  const auto ticks =
      ParseMachineTicks("cpu  100 1 20 800 30 2 3 44 5 6\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
  ASSERT_TRUE(ticks);
  EXPECT_EQ(ticks->total, 1000U);
  EXPECT_EQ(ticks->idle, 830U);
  EXPECT_EQ(ticks->steal, 44U);
  EXPECT_FALSE(ParseMachineTicks(""));
  EXPECT_FALSE(ParseMachineTicks("cpu 1 2 3"));
  EXPECT_FALSE(ParseMachineTicks("cpu 1 2 3 4 5 6 7 x 9"));
}

TEST(ParseThreadUsageTest, ReadsTimeOnAndForAProcessor) {
  const auto usage = ParseThreadUsage("322574 4128 2\n");
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->cpu, Nanos(322'574));
  EXPECT_EQ(usage->wait, Nanos(4128));
  EXPECT_FALSE(ParseThreadUsage("1 2"));
  EXPECT_FALSE(ParseThreadUsage(""));
}

TEST(ParseThrottledTest, ReadsBothVersions) {
  EXPECT_EQ(ParseThrottled("usage_usec 9\nnr_throttled 3\nthrottled_usec 1500\n"),
            Nanos(1'500'000));
  EXPECT_EQ(ParseThrottled("nr_periods 0\nthrottled_time 77"), Nanos(77));
  EXPECT_FALSE(ParseThrottled("usage_usec 9\n"));
}

TEST(ControlGroupOfTest, FindsTheControllerElseTheUnifiedGroup) {
  constexpr const char* kMixed = "4:memory:/a\n2:cpu,cpuacct:/b/c\n0::/u\n";
  EXPECT_EQ(ControlGroupOf(kMixed, "cpu"), "/sys/fs/cgroup/cpu,cpuacct/b/c");
  EXPECT_EQ(ControlGroupOf(kMixed, "pids"), "/sys/fs/cgroup/u");
  EXPECT_EQ(ControlGroupOf("garbage\n", "cpu"), "");
}

}  // namespace
}  // namespace weir::loadgen
