#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/gate_policy.h"
#include "base/run.h"

/// The number of a criterion that one run has, as a person would read it: not smoothed, not a
/// logarithm. What limits and demands are held against.
namespace weir::analysis {

struct CriterionValue {
  std::optional<double> value;  ///< In UnitOf(criterion).
  bool lower_bound = false;     ///< Requests that were cut off: it may in truth be worse.
  std::string missing;          ///< Why there is no value; empty otherwise.
};

/// Of the measured part of `run`. Quantiles need their requests (analysis/quantile_interval.h); of
/// a run that knows no response time, a quantile or mean is what somebody else summed up, if that
/// was recorded (base/summary_metric.h). kResource: "cpu_s_per_request" is the target's processor
/// seconds per second over the completed requests per second; "memory_max" the most of any recorded
/// `*memory_bytes` or `*rss_bytes`; any other name the recorded metric, a counter as its rate per
/// second, else its maximum. Of a run of benchmarks it is the median over the repetitions of
/// `real_time`, `cpu_time` or a counter of the benchmark that the criterion names as its step.
CriterionValue ValueOf(const Run& run, const GateCriterion& criterion);

/// No run knows a response time, and each has numbers that were summed up elsewhere.
bool OnlySummaries(std::span<const Run> runs);

/// The values of several runs.
struct PlainValues {
  std::vector<double> values;  ///< One per run, in their order.
  bool positive = true;        ///< All of them are above 0.
  bool lower_bound = false;    ///< Of any.
  std::string missing;         ///< Of the first that has none; empty = all have one.
};

PlainValues ValuesOf(std::span<const Run> runs, const GateCriterion& criterion);

/// "ns", "per_s", "ratio", "s", "bytes" or "".
std::string UnitOf(const GateCriterion& criterion);

/// Throughput and Apdex: less is worse.
bool LowerIsWorse(const GateCriterion& criterion);

}  // namespace weir::analysis
