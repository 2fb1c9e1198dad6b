// The load engine in a closed loop, with everything that it records or with counts only, as
// ci/bench.d/recording_part.py compares them:
//
//   recording_client PORT CONNECTIONS SECONDS full|counts
//
// With `counts` there are no histograms, and no time is measured: the clock is read once where it
// is asked 64 times, which is enough to know when the run is over. Prints the number of answered
// requests.

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/core.h>

#include "base/clock.h"
#include "base/record_sink.h"
#include "loadgen/engine.h"
#include "scenarios/from_flags.h"

namespace weir {
namespace {

class NoSink final : public RecordSink {
 public:
  void OnSecond(const SecondRecord&) override {}

  void OnResources(const ResourceSample&) override {}
};

/// Costs next to nothing to read, and may be 64 readings late.
class LateClock final : public Clock {
 public:
  Instant Now() const override {
    thread_local Instant latest{};
    thread_local std::uint32_t readings = 0;
    if (readings++ % kReadings == 0) {
      latest = clock_.Now();
    }
    return latest;
  }

  WallTime WallNow() const override { return clock_.WallNow(); }

 private:
  static constexpr std::uint32_t kReadings = 64;
  SystemClock clock_;
};

template <typename T>
bool Read(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<std::uint64_t> Answered(const scenarios::FlagLoad& load, bool full) {
  const auto scenario = scenarios::ScenarioFromFlags(load);
  if (!scenario) {
    fmt::print(stderr, "recording_client: {}\n", scenario.error().message);
    return std::nullopt;
  }
  const SystemClock clock;
  const LateClock late_clock;
  loadgen::EngineOptions options;
  options.threads = 1;
  options.recording = full ? loadgen::Recording::kFull : loadgen::Recording::kCountsOnly;
  const auto engine = loadgen::Engine::Create(*scenario, *scenario->target, options,
                                              full ? static_cast<const Clock&>(clock) : late_clock);
  if (!engine) {
    fmt::print(stderr, "recording_client: {}\n", engine.error().message);
    return std::nullopt;
  }
  NoSink sink;
  const loadgen::EngineResult result = (*engine)->Run(sink);
  std::uint64_t completed = 0;
  for (const StepRecord& record : result.totals) {
    completed += record.counts.of(Outcome::kCompleted);
  }
  return completed;
}

int Main(int count, char** words) {
  std::uint16_t port = 0;
  std::uint32_t seconds = 0;
  scenarios::FlagLoad load;
  const std::string_view recording = count == 5 ? words[4] : "";
  if ((recording != "full" && recording != "counts") || !Read(words[1], port) ||
      !Read(words[2], load.connections) || !Read(words[3], seconds) || load.connections == 0 ||
      seconds == 0) {
    fmt::print(stderr, "usage: recording_client PORT CONNECTIONS SECONDS full|counts\n");
    return 2;
  }
  load.url = fmt::format("http://127.0.0.1:{}/", port);
  load.duration = std::chrono::seconds(seconds);
  const std::optional<std::uint64_t> answered = Answered(load, recording == "full");
  if (!answered) {
    return 69;
  }
  fmt::print("requests {}\n", *answered);
  return 0;
}

}  // namespace
}  // namespace weir

int main(int count, char** words) {
  return weir::Main(count, words);
}
