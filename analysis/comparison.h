#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/run.h"
#include "base/verdict.h"

namespace weir::analysis {

/// One metric of `a` beside the same of `b`.
struct ComparedMetric {
  std::string metric;  ///< "response_time.body", "response_time.p99", "throughput", "error_rate".
  std::string step;    ///< Empty = the whole run.
  std::string unit;    ///< "ns", "per_s" or "ratio".
  std::optional<double> a;  ///< Typical value over the runs of the side.
  std::optional<double> b;
  std::optional<double> change;      ///< b / a - 1; for error_rate the difference b - a.
  std::optional<Interval> interval;  ///< 95 % interval of the change, over runs.
  std::optional<double> p_value;     ///< Two-sided: how probable so large a change is by chance.
  std::optional<double> p_adjusted;  ///< p_value after Holm's correction over all metrics here.
  std::optional<Interval> within_a;  ///< With one run a side: 95 % interval inside that run, which
  std::optional<Interval> within_b;  ///< says nothing about the next run. In `unit`.
  std::string note;                  ///< Why something is absent; empty otherwise.
};

/// What differs between two sets of runs, by how much, and how sure that is.
struct Comparison {
  std::string design;                   ///< As GateResult::design.
  std::string summary;                  ///< One sentence.
  std::vector<ComparedMetric> metrics;  ///< The whole run first, then each step of the plan.
  std::vector<std::string> warnings;
};

/// Compares `a` (before) with `b` (after): mean of the body, p50, p90, p95, p99, p99.9, rate, error
/// ratio; whole run and each step that both sides have (steps are matched by name). Pure and
/// deterministic. Makes no decision: for that, see analysis/gate.h.
Comparison Compare(std::span<const Run> a, std::span<const Run> b);

}  // namespace weir::analysis
