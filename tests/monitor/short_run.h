#pragma once

#include <string>

#include "store/run_writer.h"
#include "tests/store/store_fixture.h"

namespace weir::tests {

/// Records a finished run of 10 s and 100 requests, which all took `latency`. Returns its number.
inline RunId RecordShortRun(const std::string& path, const std::string& scenario,
                            WallTime started_at, Nanos latency) {
  Run run;
  run.plan.scenario = scenario;
  run.plan.build = "b7";
  run.plan.steps = {{.flow = "", .step = "order"}};
  run.state = RunState::kComplete;
  run.started_at = started_at;
  run.duration = std::chrono::seconds(10);
  run.measured = run.duration;
  StepRecord total;
  total.counts.planned = 100;
  total.counts.by_outcome[static_cast<std::size_t>(Outcome::kCompleted)] = 100;
  total.completed_in_window = 100;
  LatencySet& latencies = total.latency[Outcome::kCompleted];
  for (Histogram* histogram : {&latencies.response, &latencies.service, &latencies.send_lag}) {
    histogram->RecordNs(static_cast<std::uint64_t>(latency.count()), 100);
  }
  run.totals = {total};
  auto writer = store::RunWriter::Begin(path, run.plan, started_at, store::kTestOptions);
  EXPECT_TRUE(writer) << writer.error().message;
  const Status finished = (*writer)->Finish(run);
  EXPECT_TRUE(finished) << finished.error().message;
  return (*writer)->id();
}

}  // namespace weir::tests
