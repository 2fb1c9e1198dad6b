#include "monitor/live_monitor.h"

#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

// The real one, but for the hands of the clock on the wall.
class SettableClock final : public Clock {
 public:
  Instant Now() const override { return real_.Now(); }

  WallTime WallNow() const override { return real_.WallNow() + Nanos(moved_.load()); }

  void Move(Nanos by) { moved_ += by.count(); }

 private:
  SystemClock real_;
  std::atomic<Nanos::rep> moved_ = 0;
};

constexpr const char* kConfig =
    "evaluate_every: 100ms\n"
    "sources: [ { name: here, lines: lines, interval: 100ms, down_after: never } ]\n"
    "rules: [ { alert: Busy, source: here, metric: load, above: 1 } ]\n"
    "channels: [ { name: log, file: log } ]\n"
    "route: { receiver: log }\n";

class LiveMonitorTest : public testing::Test {
 protected:
  void Begin() {
    Result<MonitorConfig> config = ReadMonitorConfigFile(config_path_);
    ASSERT_TRUE(config) << config.error().message;
    auto live = LiveMonitor::Start(std::move(*config), directory_.File("weir.db"),
                                   {.clock = clock_, .log = [](std::string_view) {}});
    ASSERT_TRUE(live) << live.error().message;
    live_ = std::move(*live);
  }

  void Add(double value) {
    std::ofstream(directory_.File("lines"), std::ios::app)
        << "{\"metric\": \"load\", \"value\": " << value << "}\n";
  }

  // Adds the value until so many alerts fire, as a file is read from where it ended at the start.
  // Bounded in time; false when it has not come to that.
  bool AddUntilFiring(double value, std::uint64_t alerts) {
    const Instant end = clock_.Now() + 20s;
    while (clock_.Now() < end) {
      Add(value);
      live_->AwaitEvaluation(live_->Evaluations(), 1s);
      if (live_->Report().firing == alerts) {
        return true;
      }
    }
    return false;
  }

  tests::TempDir directory_;
  std::string config_path_ = directory_.Write("monitor.yaml", kConfig);
  std::string lines_path_ = directory_.Write("lines", "");
  SettableClock clock_;
  std::unique_ptr<LiveMonitor> live_;
};

TEST_F(LiveMonitorTest, GoesOnWhenTheClockIsSetBack) {
  Begin();
  ASSERT_TRUE(AddUntilFiring(5, 1));
  clock_.Move(-1h);
  EXPECT_TRUE(AddUntilFiring(0, 0));
  EXPECT_TRUE(AddUntilFiring(5, 1));
  clock_.Move(3h);
  EXPECT_TRUE(AddUntilFiring(0, 0));
}

TEST_F(LiveMonitorTest, GoesOnWhenTheClockWasSetBackWhileItWasDown) {
  Begin();
  ASSERT_TRUE(AddUntilFiring(5, 1));
  live_.reset();
  clock_.Move(-1h);
  Begin();
  // Its file has no new lines for the first look, which may end the alert before we add some.
  ASSERT_TRUE(AddUntilFiring(0, 0));
  ASSERT_TRUE(AddUntilFiring(5, 1));
  for (const AlertView& view : live_->Report().alerts) {
    EXPECT_LE(view.alert.state.active_since, clock_.WallNow());
  }
}

TEST_F(LiveMonitorTest, ReadsItsFileAgainWhileItWatches) {
  Begin();
  ASSERT_TRUE(AddUntilFiring(5, 1));
  const std::uint64_t looks = live_->Report().sources[0].status.looks;
  const auto reload = [this](const std::string& was, const std::string& is) {
    std::string text = kConfig;
    if (!was.empty()) {
      text.replace(text.find(was), was.size(), is);
    }
    directory_.Write("monitor.yaml", text);
    Result<MonitorConfig> config = ReadMonitorConfigFile(config_path_);
    ASSERT_TRUE(config) << config.error().message;
    const Status taken = live_->Reload(std::move(*config));
    ASSERT_TRUE(taken) << taken.error().message;
  };
  reload("", "");
  // The same source goes on, so that its file is not read from its end anew.
  EXPECT_GE(live_->Report().sources[0].status.looks, looks);
  EXPECT_EQ(live_->Report().firing, 1U);
  reload("above: 1", "above: 100");
  EXPECT_TRUE(AddUntilFiring(5, 0));
  EXPECT_TRUE(AddUntilFiring(500, 1));
  reload("channels: [", "channels: [ { name: more, file: more },");
  EXPECT_EQ(live_->Report().channels.size(), 2U);
  EXPECT_TRUE(AddUntilFiring(5, 1));
}

TEST_F(LiveMonitorTest, SaysThatAFileWasNotTaken) {
  Begin();
  live_->NoteReload("monitor.yaml:3:5: error: odd\n  3 | odd\n");
  EXPECT_EQ(live_->Report().reload_trouble, "monitor.yaml:3:5: error: odd");
  live_->NoteReload("");
  EXPECT_EQ(live_->Report().reload_trouble, "");
}

// Whatever comes at whatever moment, it ends.
TEST_F(LiveMonitorTest, IsReloadedManyTimesWhileItIsAsked) {
  Begin();
  std::atomic<bool> done = false;
  std::thread asking([&] {
    while (!done) {
      live_->Report();
      live_->rum();
    }
  });
  for (int i = 0; i < 200; ++i) {
    std::string text = kConfig;
    if (i % 2 == 0) {
      text.replace(text.find("interval: 100ms"), 15, "interval: 110ms");
      text.replace(text.find("file: log"), 9, "file: gol");
    }
    directory_.Write("monitor.yaml", text);
    ASSERT_TRUE(live_->Reload(*ReadMonitorConfigFile(config_path_)));
  }
  done = true;
  asking.join();
  EXPECT_TRUE(AddUntilFiring(5, 1));
}

}  // namespace
}  // namespace weir::monitor
