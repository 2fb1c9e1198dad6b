#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <string_view>

#include "analysis/second_blocks.h"
#include "analysis/validity.h"
#include "base/rng.h"
#include "base/run.h"
#include "base/validity.h"

/// Runs as a sound generator and a sound target would make them, and what may go wrong with them.
namespace weir::analysis {

struct MadeRun {
  Run run;
  GeneratorEvidence generator;
  SecondBlocks seconds;
  std::string_view pacing = "hybrid";

  Validity Judge(bool constant_load = true) const {
    return JudgeValidity({.run = run,
                          .generator = generator,
                          .seconds = seconds,
                          .constant_load = constant_load,
                          .pacing = pacing});
  }
};

struct MadeRunOptions {
  std::uint64_t seed = 1;
  ArrivalProcess process = ArrivalProcess::kUniform;
  std::uint32_t seconds = 20;
  std::uint32_t rate_per_s = 500;
  double median_ns = 5e6;
  double sigma = 0.5;
  double second_sigma = 0.03;  ///< Mood of the target from second to second, on the log scale.
  double lag_mean_ns = 20e3;   ///< Exponential.
  /// Factor on the latency of a second.
  std::function<double(std::uint32_t second)> level = [](std::uint32_t) { return 1.0; };
};

/// Gaps as sent: planned ones with the lateness of either end.
inline std::vector<ArrivalGap> MakeGaps(const MadeRunOptions& options, std::size_t count,
                                        Rng& rng) {
  std::vector<ArrivalGap> gaps;
  const double mean_ns = 1e9 / options.rate_per_s;
  for (std::size_t i = 0; i < count; ++i) {
    const bool poisson = options.process == ArrivalProcess::kPoisson;
    const double planned = poisson ? mean_ns * rng.Exponential() : mean_ns;
    const double jitter = options.lag_mean_ns * (rng.Exponential() - rng.Exponential());
    const double sent = std::max(2000.0, planned + jitter);
    gaps.push_back({Nanos(std::llround(mean_ns)), Nanos(std::llround(sent)), true});
  }
  return gaps;
}

inline MadeRun MakeRun(const MadeRunOptions& options = {}) {
  MadeRun made;
  Rng rng(options.seed);
  StepRecord total;
  for (std::uint32_t second = 0; second < options.seconds; ++second) {
    SecondRecord record;
    record.second = second;
    StepRecord& step = record.steps.emplace_back();
    LatencySet& latency = step.latency[Outcome::kCompleted];
    const double mood = std::exp(options.second_sigma * rng.Normal()) * options.level(second);
    for (std::uint32_t i = 0; i < options.rate_per_s; ++i) {
      const double service = options.median_ns * mood * std::exp(options.sigma * rng.Normal());
      const double lag = options.lag_mean_ns * rng.Exponential();
      latency.service.Record(Nanos(std::llround(service)));
      latency.send_lag.Record(Nanos(std::llround(lag)));
      latency.response.Record(Nanos(std::llround(service + lag)));
    }
    step.counts.planned = options.rate_per_s;
    step.counts.by_outcome[0] = options.rate_per_s;
    made.seconds.Add(record);
    total.Merge(step);
  }
  made.run.plan.seed = options.seed;
  made.run.duration = made.run.measured = std::chrono::seconds(options.seconds);
  made.run.plan.planned_duration = made.run.duration;
  made.run.totals = {std::move(total)};
  made.generator.process = options.process;
  made.generator.gaps =
      MakeGaps(options, std::min(1024U, options.seconds * options.rate_per_s / 2), rng);
  made.generator.workers = 1;
  made.generator.cores = 2;
  made.generator.worker_busy = 0.2;
  made.generator.worker_idle = 0.79;
  made.generator.worker_wait = 0.01;
  made.generator.steal = 0.001;
  made.generator.retransmits = 0;
  return made;
}

}  // namespace weir::analysis
