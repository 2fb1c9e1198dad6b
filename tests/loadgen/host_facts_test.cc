#include "loadgen/host_facts.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace weir::loadgen {
namespace {

TEST(ParsePortRangeTest, ReadsBothEnds) {
  EXPECT_EQ(ParsePortRange("32768\t60999\n"), (PortRange{32'768, 60'999}));
  EXPECT_EQ(ParsePortRange("1024 1024")->size(), 1U);
  for (const char* text : {"", "1024", "a b", "9 1", "1 65536", "1 -2"}) {
    EXPECT_FALSE(ParsePortRange(text)) << text;
  }
}

TEST(ParseQuotaTest, IsProcessorsWorth) {
  EXPECT_EQ(ParseQuota("150000 100000\n"), 1.5);
  EXPECT_FALSE(ParseQuota("max 100000\n"));
  EXPECT_FALSE(ParseQuota("1000 0"));
  EXPECT_FALSE(ParseQuota(""));
}

// A machine as files: what /proc and /sys of a container with a quota look like.
TEST(HostFactsTest, AreReadFromProcAndSys) {
  const tests::TempDir root;
  root.Write("proc/self/cgroup", "0::/ci/job\n");
  root.Write("sys/fs/cgroup/ci/cpu.max", "50000 100000\n");
  root.Write("sys/fs/cgroup/ci/job/cpu.max", "200000 100000\n");
  root.Write("sys/devices/system/cpu/smt/active", "1\n");
  root.Write("sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
  root.Write("proc/sys/net/ipv4/ip_local_port_range", "1024\t65535\n");
  root.Write("proc/sys/net/ipv4/tcp_tw_reuse", "2\n");
  root.Write("proc/sys/net/ipv4/tcp_timestamps", "1\n");
  root.Write("proc/sys/net/core/somaxconn", "128\n");
  const SystemClock clock;
  const HostFacts facts = ReadHostFacts(clock, root.path().string());
  EXPECT_EQ(facts.quota_cores, 0.5) << "the least of the group and those above it";
  EXPECT_EQ(facts.smt, true);
  EXPECT_EQ(facts.clock_source, "hpet");
  EXPECT_EQ(facts.ports, (PortRange{1024, 65'535}));
  EXPECT_EQ(facts.port_reuse, 2);
  EXPECT_EQ(facts.timestamps, 1);
  EXPECT_EQ(facts.backlog_max, 128U);
  EXPECT_TRUE(facts.governors.empty());
}

TEST(HostFactsTest, OfVersionOneGroupsAreReadToo) {
  const tests::TempDir root;
  root.Write("proc/self/cgroup", "2:cpu:/job\n");
  root.Write("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "150000\n");
  root.Write("sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
  root.Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  root.Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  const SystemClock clock;
  EXPECT_EQ(ReadHostFacts(clock, root.path().string()).quota_cores, 1.5);
}

TEST(HostFactsTest, OfThisMachineMakeSense) {
  const SystemClock clock;
  const HostFacts facts = ReadHostFacts(clock);
  EXPECT_GE(facts.cores_usable, 1U);
  EXPECT_GE(facts.cores_online, facts.cores_usable);
  EXPECT_GT(facts.files_max, 3U);
  ASSERT_TRUE(facts.clock_read_ns);
  EXPECT_GT(*facts.clock_read_ns, 0);
  EXPECT_LT(*facts.clock_read_ns, 100'000);
}

TEST(HostFactsTest, AreUnknownWhereNothingTells) {
  const tests::TempDir empty;
  const SystemClock clock;
  const HostFacts facts = ReadHostFacts(clock, empty.path().string());
  EXPECT_FALSE(facts.quota_cores);
  EXPECT_FALSE(facts.smt);
  EXPECT_EQ(facts.clock_source, "");
  EXPECT_FALSE(facts.ports);
  EXPECT_FALSE(facts.port_reuse);
  EXPECT_FALSE(facts.steal);
}

}  // namespace
}  // namespace weir::loadgen
