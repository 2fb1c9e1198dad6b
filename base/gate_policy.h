#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/run.h"
#include "base/time.h"

/// What a gate demands of a candidate and what is to become of its verdict: plain data between the
/// reader of policy files (scenarios), the gate itself (analysis) and the command line.
namespace weir {

/// One comparison of a number with a limit.
struct Demand {
  enum class Of : std::uint8_t {
    kValue,        ///< The candidate's value, in the unit of its metric.
    kChangeRatio,  ///< candidate / baseline - 1; for error rates and Apdex, too.
    kChange,       ///< candidate - baseline, in the unit of the metric.
  };
  enum class Op : std::uint8_t { kLess, kLessEqual, kEqual, kGreaterEqual, kGreater };

  Of of = Of::kValue;
  Op op = Op::kLessEqual;
  double limit = 0;
  std::string text = {};  ///< As the user wrote it.
  friend bool operator==(const Demand&, const Demand&) = default;
};

/// All of these must hold.
using DemandSet = std::vector<Demand>;

/// What of a run a criterion is about.
struct GateScope {
  std::vector<Tag> tags = {};            ///< Only the steps that have all of these, together.
  std::optional<LatencyPart> part = {};  ///< Of response times: only this part of each.
  std::uint32_t from_s = 0;  ///< Only what happened in these seconds since the start of the run,
  std::uint32_t to_s = 0;    ///< `to_s` excluded; 0 = the whole measured part.

  bool HasStretch() const { return to_s > 0; }

  bool IsWhole() const { return tags.empty() && !part && !HasStretch(); }

  friend bool operator==(const GateScope&, const GateScope&) = default;
};

/// One criterion: a metric, and how it is judged.
struct GateCriterion {
  enum class Kind : std::uint8_t {
    kResponseBody,      ///< Mean of the logarithm between p5 and p95.
    kResponseQuantile,  ///< `quantile`.
    kThroughput,        ///< Completed of planned (open loop), completed per second (closed loop).
    kErrorRate,         ///< Not completed over planned.
    kResponseMean,      ///< Arithmetic mean, outliers included.
    kApdex,             ///< With target `apdex_t`.
    kResource,          ///< What the watched target used: `resource`.
    kEveryStep,         ///< Response times and errors of every step; `step` stays empty.
    kDistribution,      ///< Response times from p10 to p99, each.
  };
  enum class Basis : std::uint8_t {
    kBaseline,  ///< Not worse than the baseline by `tolerance`: a test with stated error rates.
    kHistory,   ///< Not worse than a run of the history may be by chance, by `tolerance`.
    kDemands,   ///< `pass` and `warn`; without `pass` it is shown and does not count.
  };

  Kind kind = Kind::kResponseBody;
  double quantile = 0;      ///< For kResponseQuantile, in (0, 1).
  double tolerance = 0.02;  ///< Ratio of the baseline; for kErrorRate and kApdex an absolute
                            ///< difference.
  std::string step = {};    ///< Empty = the whole run.
  GateScope scope = {};     ///< Not together with `window`, nor of resources.
  Nanos apdex_t{0};         ///< For kApdex: satisfied up to here. > 0.
  /// For kResponseQuantile and kResponseMean: of the worst stretch of this length in each run, in
  /// whole seconds; 0 = of the whole measured part.
  Nanos window{0};
  /// For kResource: "cpu_s_per_request", "memory_max", or a metric that the run recorded (a counter
  /// as its rate per second, anything else as its maximum).
  std::string resource = {};
  Basis basis = Basis::kBaseline;
  std::vector<DemandSet> pass = {};  ///< kDemands: passes when one of the sets holds.
  std::vector<DemandSet> warn = {};  ///< Else warns when one of these holds; else fails.
  double weight = 1;                 ///< Share in the score; >= 0.
  bool key = false;                  ///< Its fail is a fail of the whole, whatever the score.
  std::string name = {};             ///< As the policy calls it; empty = by its metric.
  friend bool operator==(const GateCriterion&, const GateCriterion&) = default;
};

/// What an invalid run (base/validity.h) does to a verdict.
enum class OnInvalid : std::uint8_t {
  kInconclusive,  ///< Nothing can be said while one of the runs is invalid.
  kWarn,          ///< It counts like any other, and a warning says so.
};

/// What a criterion without the data it needs comes to.
enum class OnMissing : std::uint8_t { kInconclusive, kPass, kFail };

/// How demands are held against runs.
enum class DemandRule : std::uint8_t {
  kInterval,  ///< By the interval over runs: surely held, surely not, or inconclusive.
  kPoint,     ///< By the values as they are, as Keptn does; promises no error rate.
};

/// Verdict from the sum of weights: pass counts 1, warn 1/2.
struct ScoreRule {
  double pass = 0.9;
  double warning = 0.75;
  friend bool operator==(const ScoreRule&, const ScoreRule&) = default;
};

/// A person's word that a criterion may be missed for a while.
struct Waiver {
  std::string metric;     ///< As GateCheck::metric, "response_time.p99"; "*" = all.
  std::string step = {};  ///< Empty = the whole run; "*" = any.
  std::string owner;
  std::string reason;
  WallTime until{};  ///< No longer good from then on.
  friend bool operator==(const Waiver&, const Waiver&) = default;
};

enum class OnFail : std::uint8_t { kBlock, kWarn, kConfirm, kRollback };
enum class OnInconclusive : std::uint8_t { kHold, kRerun, kPass };

/// What is to become of a verdict.
struct GateActions {
  OnFail on_fail = OnFail::kBlock;
  int confirm_runs = 0;  ///< For kConfirm: fresh runs that must fail again. > 0.
  OnInconclusive on_inconclusive = OnInconclusive::kHold;
  int rerun_max = 0;         ///< For kRerun: how often, then hold. > 0.
  int error_retries = 0;     ///< Attempts more when the history cannot be had.
  bool error_holds = false;  ///< Then inconclusive, not an error.
  bool dry_run = false;      ///< Recorded, never in the way.
  friend bool operator==(const GateActions&, const GateActions&) = default;
};

struct GatePolicy {
  std::vector<GateCriterion> criteria;  ///< Empty = the default policy of analysis.
  double alpha = 0.05;                  ///< False-fail rate of the whole verdict, in (0, 0.5].
  OnInvalid on_invalid = OnInvalid::kInconclusive;
  OnMissing on_missing = OnMissing::kInconclusive;      ///< A run lacks the step or the metric.
  OnMissing on_no_baseline = OnMissing::kInconclusive;  ///< There is no baseline run at all.
  bool any_environment = false;  ///< Sides of different machines are compared, with a warning.
  DemandRule demand_rule = DemandRule::kInterval;
  /// Which of the baseline's values demands are relative to; no value = their mean.
  std::optional<double> aggregate_quantile = {};
  std::optional<ScoreRule> score = {};  ///< None: the worst criterion is the verdict.
  std::vector<Waiver> waivers = {};
  GateActions actions = {};
  /// The newest so many gates of the same scenario and environment, from which the noise between
  /// runs is better known; 0: these runs alone.
  int earlier_gates = 4;
  friend bool operator==(const GatePolicy&, const GatePolicy&) = default;
};

}  // namespace weir
