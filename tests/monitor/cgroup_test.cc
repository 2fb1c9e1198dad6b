// Control groups by files as kernels write them.

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "monitor/sources/cgroup_reader.h"
#include "monitor/sources/host_reader.h"
#include "monitor/sources/kernel_text.h"
#include "tests/support/temp_dir.h"

namespace weir::monitor {
namespace {

using Figures = std::map<std::string, double>;

class CgroupReaderTest : public testing::Test {
 protected:
  Figures Read(const std::string& group = "/app") {
    Figures figures;
    const Status read = CgroupReader(root_.path().string(), group)
                            .Read([&](const std::string& metric, double value) {
                              EXPECT_EQ(figures.count(metric), 0U) << metric;
                              figures[metric] = value;
                            });
    trouble_ = read ? "" : read.error().message;
    return figures;
  }

  void Write(const std::string& file, const std::string& text) {
    root_.Write("sys/fs/cgroup/" + file, text);
  }

  tests::TempDir root_;
  std::string trouble_;
};

TEST_F(CgroupReaderTest, ReadsVersion2) {
  Write("cgroup.controllers", "cpu io memory\n");
  Write("app/cpu.stat",
        "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nnr_periods 100\n"
        "nr_throttled 7\nthrottled_usec 300000\n");
  Write("app/memory.current", "1048576\n");
  Write("app/memory.peak", "2097152\n");
  Write("app/memory.max", "4194304\n");
  Write("app/memory.events", "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\n");
  Write("app/cpu.pressure",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n"
        "full avg10=0.00 avg60=0.00 avg300=0.00 total=250000\n");
  EXPECT_EQ(Read(), (Figures{{"container_cpu_usage_seconds_total", 2.5},
                             {"container_cpu_cfs_periods_total", 100},
                             {"container_cpu_cfs_throttled_periods_total", 7},
                             {"container_cpu_cfs_throttled_seconds_total", 0.3},
                             {"container_memory_usage_bytes", 1048576},
                             {"container_memory_max_usage_bytes", 2097152},
                             {"container_spec_memory_limit_bytes", 4194304},
                             {"container_oom_events_total", 2},
                             {"container_pressure_cpu_waiting_seconds_total", 1.5},
                             {"container_pressure_cpu_stalled_seconds_total", 0.25}}));
}

TEST_F(CgroupReaderTest, ALimitThatIsNoneIsAbsent) {
  Write("cgroup.controllers", "memory\n");
  Write("app/memory.current", "5\n");
  Write("app/memory.max", "max\n");
  EXPECT_EQ(Read(), (Figures{{"container_memory_usage_bytes", 5}}));
}

// As on machines that mount version 1 with a part of version 2 beside it.
TEST_F(CgroupReaderTest, ReadsVersion1WithThePressureOfVersion2) {
  Write("cpuacct/app/cpuacct.usage", "2500000000\n");
  Write("cpu/app/cpu.stat", "nr_periods 100\nnr_throttled 7\nthrottled_time 300000000\n");
  Write("memory/app/memory.usage_in_bytes", "1048576\n");
  Write("memory/app/memory.max_usage_in_bytes", "2097152\n");
  Write("memory/app/memory.limit_in_bytes", "9223372036854771712\n");
  Write("memory/app/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  Write("unified/app/cpu.stat", "usage_usec 99\n");
  Write("unified/app/io.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n");
  EXPECT_EQ(Read(), (Figures{{"container_cpu_usage_seconds_total", 2.5},
                             {"container_cpu_cfs_periods_total", 100},
                             {"container_cpu_cfs_throttled_periods_total", 7},
                             {"container_cpu_cfs_throttled_seconds_total", 0.3},
                             {"container_memory_usage_bytes", 1048576},
                             {"container_memory_max_usage_bytes", 2097152},
                             {"container_oom_events_total", 2},
                             {"container_pressure_io_waiting_seconds_total", 1.5}}));
  Write("memory/app/memory.limit_in_bytes", "4194304\n");
  EXPECT_EQ(Read().at("container_spec_memory_limit_bytes"), 4194304);
}

TEST_F(CgroupReaderTest, AGroupThatIsNotThereIsATrouble) {
  Write("cgroup.controllers", "memory\n");
  EXPECT_TRUE(Read("/gone").empty());
  EXPECT_EQ(trouble_, "there is no control group /gone with a cpu or memory controller below " +
                          root_.path().string() + "/sys/fs/cgroup");
}

TEST_F(CgroupReaderTest, AHostTellsItsGroupUnderItsPath) {
  root_.Write("proc/stat", "cpu  100 0 100 800 0 0 0 0 0 0\n");
  Write("cgroup.controllers", "memory\n");
  Write("app/memory.current", "5\n");
  HostReader host(root_.path().string(), "/app");
  const auto reading = host.Read();
  ASSERT_TRUE(reading);
  ASSERT_EQ(reading->samples.size(), 1U);
  EXPECT_EQ(reading->samples[0].series->labels, (Labels{{"id", "/app"}}));
  EXPECT_FALSE(HostReader(root_.path().string(), "/gone").Read());
}

// This machine's own root group, whichever version it has.
TEST(CgroupTest, TheKernelOfThisMachineTellsProcessorTime) {
  Figures figures;
  const Status read = CgroupReader("", "/").Read(
      [&](const std::string& metric, double value) { figures[metric] = value; });
  if (!read) {
    GTEST_SKIP() << read.error().message;
  }
  EXPECT_GT(figures["container_cpu_usage_seconds_total"], 0);
}

TEST(KernelTextTest, WordsAreNoNumbers) {
  EXPECT_EQ(NumberOf("max\n"), std::nullopt);
  EXPECT_EQ(NumberOf(""), std::nullopt);
  EXPECT_EQ(FieldOf("oom_kill_disable 0\noom_kill 2\n", "oom_kill"), 2);
  EXPECT_EQ(FieldOf("oom_kill", "oom_kill"), std::nullopt);
  EXPECT_EQ(PressureSeconds("some total=x\n", "some"), std::nullopt);
  EXPECT_EQ(PressureSeconds("some avg10=0.00\n", "some"), std::nullopt);
}

}  // namespace
}  // namespace weir::monitor
