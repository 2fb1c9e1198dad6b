#include "loadgen/target_watch.h"

#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/support/temp_dir.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

double Named(const Result<std::vector<TargetValue>>& values, std::string_view name) {
  EXPECT_TRUE(values) << values.error().message;
  for (const TargetValue& value : values ? *values : std::vector<TargetValue>()) {
    if (value.name == name) {
      return value.value;
    }
  }
  ADD_FAILURE() << name << " is missing";
  return -1;
}

/// A child that computes for `cpu` of processor time, in a child of its own, and then waits to be
/// killed.
class Worker {
 public:
  explicit Worker(Nanos cpu) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    pid_ = fork();
    if (pid_ == 0) {
      if (fork() == 0) {
        const std::clock_t end =
            std::clock() + static_cast<std::clock_t>(Seconds(cpu) * CLOCKS_PER_SEC);
        while (std::clock() < end) {
        }
        _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
      }
      wait(nullptr);
      [[maybe_unused]] const ssize_t told = write(ends[1], "x", 1);
      pause();
      _exit(0);
    }
    char done = 0;
    EXPECT_EQ(read(ends[0], &done, 1), 1);
    EXPECT_EQ(read(ends[0], &done, 1), 1);
    close(ends[0]);
    close(ends[1]);
  }

  ~Worker() { End(); }

  void End() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      pid_ = -1;
    }
  }

  void Kill() const { kill(pid_, SIGKILL); }

  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

// The grandchild has ended and was waited for: its time counts all the same.
TEST(WatchProcessTest, CountsAProcessAndItsDescendants) {
  const Worker worker(100ms);
  const auto source = WatchProcess(worker.pid());
  const auto values = source->Read();
  EXPECT_NEAR(Named(values, "process_cpu_s"), 0.1, 0.04);
  EXPECT_GT(Named(values, "process_memory_bytes"), 100e3);
}

TEST(WatchProcessTest, SaysThatItsProcessHasEnded) {
  Worker worker(1ms);
  const pid_t pid = worker.pid();
  const auto source = WatchProcess(pid);
  EXPECT_TRUE(source->Read());
  worker.End();
  const auto gone = source->Read();
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().message, fmt::format("process {} has ended", pid));
}

TEST(WatchProcessTest, SaysThatThereIsNone) {
  const tests::TempDir root;
  const auto none = WatchProcess(77, root.path().string())->Read();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message,
            "there is no process 77, or this user may not see it (--watch-pid)");
}

std::string StatText(std::string_view name, std::string_view state, int ticks, int started) {
  return fmt::format("7 ({}) {} 1 7 7 0 -1 4194560 1 2 3 4 {} 20 3 4 20 0 1 0 {} 9999 50 1", name,
                     state, ticks, started);
}

// A zombie is over, and so is a number that now belongs to another process.
TEST(WatchProcessTest, KnowsAZombieAndANumberThatWasGivenAway) {
  const tests::TempDir root;
  root.Write("proc/7/stat", StatText("a) R (b", "S", 10, 500));
  const auto source = WatchProcess(7, root.path().string());
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  EXPECT_DOUBLE_EQ(Named(source->Read(), "process_cpu_s"), 37 / ticks);
  root.Write("proc/7/stat", StatText("x", "Z", 10, 500));
  EXPECT_FALSE(source->Read());
  root.Write("proc/7/stat", StatText("x", "S", 10, 501));
  EXPECT_FALSE(source->Read());
}

TEST(WatchControlGroupTest, ReadsVersionTwo) {
  const tests::TempDir root;
  root.Write("sys/fs/cgroup/shop/cpu.stat",
             "usage_usec 1500000\nuser_usec 1\nnr_throttled 2\nthrottled_usec 250000\n");
  root.Write("sys/fs/cgroup/shop/memory.current", "4096\n");
  for (const char* path : {"shop", "/shop", "/sys/fs/cgroup/shop"}) {
    const auto values = WatchControlGroup(path, root.path().string())->Read();
    EXPECT_EQ(Named(values, "cgroup_cpu_s"), 1.5) << path;
    EXPECT_EQ(Named(values, "cgroup_throttled_s_total"), 0.25) << path;
    EXPECT_EQ(Named(values, "cgroup_memory_bytes"), 4096) << path;
  }
}

TEST(WatchControlGroupTest, ReadsVersionOneFromAnyOfItsControllers) {
  const tests::TempDir root;
  root.Write("sys/fs/cgroup/cpu/docker/a/cpu.stat",
             "nr_periods 3\nnr_throttled 1\nthrottled_time 500000000\n");
  root.Write("sys/fs/cgroup/cpuacct/docker/a/cpuacct.usage", "2000000000\n");
  root.Write("sys/fs/cgroup/memory/docker/a/memory.usage_in_bytes", "8192\n");
  for (const char* path : {"docker/a", "/sys/fs/cgroup/memory/docker/a"}) {
    const auto values = WatchControlGroup(path, root.path().string())->Read();
    EXPECT_EQ(Named(values, "cgroup_cpu_s"), 2) << path;
    EXPECT_EQ(Named(values, "cgroup_throttled_s_total"), 0.5) << path;
    EXPECT_EQ(Named(values, "cgroup_memory_bytes"), 8192) << path;
  }
}

TEST(WatchControlGroupTest, SaysThatThereIsNoneOrThatItHasGone) {
  const tests::TempDir root;
  const auto source = WatchControlGroup("shop", root.path().string());
  EXPECT_EQ(source->Read().error().message,
            "there is no control group 'shop' with a cpu or memory controller (--watch-cgroup)");
  root.Write("sys/fs/cgroup/shop/memory.current", "4096\n");
  EXPECT_TRUE(source->Read());
  std::filesystem::remove_all(root.path() / "sys");
  EXPECT_EQ(source->Read().error().message, "control group 'shop' is gone");
}

/// A control group of this machine, with one process in it; none where it may not be made.
class RealControlGroup {
 public:
  RealControlGroup() {
    const std::string name = fmt::format("weir-test-{}", getpid());
    for (const char* parent : {"/sys/fs/cgroup", "/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup/memory",
                               "/sys/fs/cgroup/cpu"}) {
      const std::filesystem::path path = std::filesystem::path(parent) / name;
      std::error_code failed;
      if (std::filesystem::exists(std::filesystem::path(parent) / "cgroup.procs") &&
          std::filesystem::create_directory(path, failed)) {
        made_.push_back(path);
      }
    }
  }

  ~RealControlGroup() {
    for (const std::filesystem::path& path : made_) {
      std::error_code ignored;
      std::filesystem::remove(path, ignored);
    }
  }

  bool TakeIn(pid_t pid) const {
    bool taken = !made_.empty();
    for (const std::filesystem::path& path : made_) {
      std::ofstream procs(path / "cgroup.procs");
      taken = static_cast<bool>(procs << pid << std::flush) && taken;
    }
    return taken;
  }

  std::string name() const { return made_.front().filename().string(); }

 private:
  std::vector<std::filesystem::path> made_;
};

TEST(WatchControlGroupTest, ReadsARealOne) {
  const RealControlGroup group;
  Worker idle(0ms);
  if (!group.TakeIn(idle.pid())) {
    idle.End();
    GTEST_SKIP() << "no control group can be made here";
  }
  const auto source = WatchControlGroup(group.name());
  const auto values = source->Read();
  idle.End();
  EXPECT_GE(Named(values, "cgroup_cpu_s"), 0);
}

/// Gives what it is told, in turn.
class ScriptedSource final : public WatchSource {
 public:
  explicit ScriptedSource(std::vector<std::optional<double>> script) : script_(std::move(script)) {}

  std::string Name() const override { return "script"; }

  Result<std::vector<TargetValue>> Read() override {
    const std::optional<double> next = script_.at(at_++);
    if (!next) {
      return Unavailable("the script is torn");
    }
    return std::vector<TargetValue>{{"page", *next}};
  }

 private:
  std::vector<std::optional<double>> script_;
  std::size_t at_ = 0;
};

TEST(TargetWatchTest, TellsEachTroubleOnceAndWhenItIsOver) {
  std::vector<std::unique_ptr<WatchSource>> sources;
  sources.push_back(std::make_unique<ScriptedSource>(
      std::vector<std::optional<double>>{1, std::nullopt, std::nullopt, 4}));
  sources.push_back(
      std::make_unique<ScriptedSource>(std::vector<std::optional<double>>{10, 20, 30, 40}));
  TargetWatch watch(std::move(sources));
  std::vector<std::string> troubles;
  std::vector<std::size_t> values;
  for (std::uint32_t second = 0; second < 4; ++second) {
    watch.Ask(second);
    watch.Await();
    const std::vector<TargetSample> samples = watch.Take();
    ASSERT_EQ(samples.size(), 1U);
    EXPECT_EQ(samples[0].second, second);
    values.push_back(samples[0].values.size());
    for (std::string& trouble : watch.TakeTroubles()) {
      troubles.push_back(std::move(trouble));
    }
  }
  EXPECT_EQ(values, (std::vector<std::size_t>{2, 1, 1, 2}));
  EXPECT_EQ(troubles,
            (std::vector<std::string>{"second 1: the script is torn; the run goes on without it",
                                      "second 3: script answers again"}));
}

/// Blocks until it is let go.
class SlowSource final : public WatchSource {
 public:
  explicit SlowSource(std::mutex& gate) : gate_(gate) {}

  std::string Name() const override { return "slow"; }

  Result<std::vector<TargetValue>> Read() override {
    const std::lock_guard passed(gate_);
    return std::vector<TargetValue>{{"value", 1}};
  }

 private:
  std::mutex& gate_;
};

// Whoever asks never waits; what was asked for meanwhile is left out.
TEST(TargetWatchTest, ASlowSourceHoldsNobodyUp) {
  std::mutex gate;
  std::vector<std::unique_ptr<WatchSource>> sources;
  sources.push_back(std::make_unique<SlowSource>(gate));
  TargetWatch watch(std::move(sources));
  gate.lock();
  watch.Ask(0);
  watch.Ask(1);
  watch.Ask(2);
  EXPECT_TRUE(watch.Take().empty());
  gate.unlock();
  watch.Await();
  const std::vector<TargetSample> samples = watch.Take();
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].second, 0U);
}

}  // namespace
}  // namespace weir::loadgen
