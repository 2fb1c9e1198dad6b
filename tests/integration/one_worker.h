#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "loadgen/engine.h"
#include "tests/loadgen/models.h"

/// The load engine with one worker over real sockets, for tests of what it says at the end.
namespace weir::tests {

inline constexpr std::string_view kGoodAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Nobody who keeps the seconds of a run.
class NullSink final : public RecordSink {
 public:
  void OnSecond(const SecondRecord&) override {}

  void OnResources(const ResourceSample&) override {}
};

/// An engine for `scenario` against 127.0.0.1:`port`; fails the test and is null if there is none.
inline std::unique_ptr<loadgen::Engine> OneWorkerEngine(const scenarios::Scenario& scenario,
                                                        std::uint16_t port) {
  static const SystemClock clock;
  loadgen::EngineOptions options;
  options.threads = 1;
  auto engine = loadgen::Engine::Create(scenario, LocalTarget(port), options, clock);
  EXPECT_TRUE(engine) << engine.error().message;
  return engine ? std::move(*engine) : nullptr;
}

}  // namespace weir::tests
