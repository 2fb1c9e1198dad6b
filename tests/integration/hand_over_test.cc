// Once a second each worker hands its measurements over. Whether that disturbs the load is seen
// where nobody can flatter it: by the clock of the target.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "loadgen/engine.h"
#include "tests/integration/one_worker.h"
#include "tests/loadgen/models.h"
#include "tests/target/running_server.h"

namespace weir::tests {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kRate = 1000;
constexpr std::int64_t kGapNs = 1'000'000'000 / kRate;
constexpr std::size_t kWindow = 10;  ///< Requests: 10 ms.

// How far each request came after its place on the grid, as the target saw it.
std::vector<std::int64_t> LatenessNs(std::vector<target::TruthRow> rows) {
  std::sort(rows.begin(), rows.end(), [](const target::TruthRow& a, const target::TruthRow& b) {
    return a.arrival_ns < b.arrival_ns;
  });
  std::vector<std::int64_t> lateness;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    lateness.push_back(rows[i].arrival_ns - static_cast<std::int64_t>(i) * kGapNs);
  }
  const std::int64_t start = *std::min_element(lateness.begin(), lateness.end());
  for (std::int64_t& each : lateness) {
    each -= start;
  }
  return lateness;
}

struct Windows {
  std::vector<std::int64_t> after_hand_over;  ///< The worst lateness in each, ns.
  std::vector<std::int64_t> elsewhere;        ///< Ascending.
};

// Of 4.2 s: four hand-overs.
Windows Measure() {
  target::RunningServer server;
  const scenarios::Scenario scenario = OneStepScenario(OpenLoad(kRate, 4200ms));
  const SystemClock clock;
  loadgen::EngineOptions options;
  options.threads = 1;
  const auto engine =
      loadgen::Engine::Create(scenario, LocalTarget(server.server().port()), options, clock);
  Windows windows;
  EXPECT_TRUE(engine);
  if (!engine) {
    return windows;
  }
  NullSink sink;
  const loadgen::EngineResult result = (*engine)->Run(sink);
  EXPECT_EQ(result.totals.at(0).counts.of(Outcome::kCompleted), 4200U);
  const std::vector<std::int64_t> lateness = LatenessNs(server.Stop().rows);
  for (std::size_t at = 0; at + kWindow <= lateness.size(); at += kWindow) {
    const auto begin = lateness.begin() + static_cast<std::ptrdiff_t>(at);
    const std::int64_t worst = *std::max_element(begin, begin + kWindow);
    const bool handed_over = at > 0 && at % static_cast<std::size_t>(kRate) == 0;
    (handed_over ? windows.after_hand_over : windows.elsewhere).push_back(worst);
  }
  std::sort(windows.elsewhere.begin(), windows.elsewhere.end());
  return windows;
}

// What a hand-over costs, it costs every time; what others do on this machine does not meet every
// one, nor every run. So of the windows right after a hand-over the least disturbed is looked at,
// in up to three runs: its worst request is no later than nine of ten of all other windows' worst.
TEST(HandOverTest, DelaysNoRequest) {
  // A wake-up may always come so much later than another.
  constexpr std::int64_t kWakeUpNs = 200'000;
  constexpr int kRunsMax = 3;
  std::int64_t least_ns = 0;
  std::int64_t allowed_ns = 0;
  for (int run = 0; run < kRunsMax; ++run) {
    const Windows windows = Measure();
    ASSERT_EQ(windows.after_hand_over.size(), 4U);
    least_ns = *std::min_element(windows.after_hand_over.begin(), windows.after_hand_over.end());
    allowed_ns = std::max(windows.elsewhere[windows.elsewhere.size() * 9 / 10], kWakeUpNs);
    if (least_ns <= allowed_ns) {
      return;
    }
  }
  FAIL() << "the least delayed of four windows after a hand-over was " << least_ns
         << " ns late, of others nine in ten at most " << allowed_ns;
}

}  // namespace
}  // namespace weir::tests
