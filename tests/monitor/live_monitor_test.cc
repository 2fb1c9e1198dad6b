#include "monitor/live_monitor.h"

#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>

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
  std::string config_path_ = directory_.Write(
      "monitor.yaml",
      "evaluate_every: 100ms\n"
      "sources: [ { name: here, lines: lines, interval: 100ms, down_after: never } ]\n"
      "rules: [ { alert: Busy, source: here, metric: load, above: 1 } ]\n"
      "channels: [ { name: log, file: log } ]\n"
      "route: { receiver: log }\n");
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
  EXPECT_EQ(live_->Report().firing, 1U);
  ASSERT_TRUE(AddUntilFiring(0, 0));
  for (const AlertView& view : live_->Report().alerts) {
    EXPECT_LE(view.alert.state.active_since, clock_.WallNow());
  }
}

}  // namespace
}  // namespace weir::monitor
