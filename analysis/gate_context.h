#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/effect.h"
#include "analysis/gate_earlier.h"
#include "analysis/run_order.h"
#include "analysis/run_series.h"
#include "base/gate_policy.h"
#include "base/run.h"
#include "base/verdict.h"

/// What the judges of single criteria share: the runs in question and the one rule of decision.
namespace weir::analysis {

struct GateContext {
  std::span<const Run> baseline;
  std::span<const Run> candidate;
  std::span<const Run> history;  ///< For GateCriterion::Basis::kHistory.
  RunOrder order;
  std::string blocker;                 ///< Why the sides cannot be compared; empty when they can.
  std::string candidate_blocker;       ///< Why the candidate's runs cannot be judged by themselves.
  double weight_sum = 1;               ///< Of the shares of alpha.
  bool alone = false;                  ///< There is one criterion.
  std::map<std::string, Sides> sides;  ///< By step name.
  std::vector<EarlierRuns> earlier;    ///< Gates of the past that tell of noise.
};

/// Confidence of one end of the interval of a change.
inline constexpr double kPassConfidence = 0.95;

inline constexpr int kRunsForAnyTest = 3;

/// What stands behind a verdict, all on the scale of the test and with larger = worse.
struct Evidence {
  double difference = 0;
  double upper = 0;
  double tolerance = 0;
  double p = 1;
  double alpha = 0.05;
  bool may_fail = true;
  bool may_pass = true;
};

/// docs/verdicts.md, "The answer for one criterion".
Verdict Decide(const Evidence& evidence);

/// Makes the check inconclusive: "SUBJECT is not judged: WHY".
void Undecided(GateCheck& check, const std::string& why);

/// Turns a check that is undecided for want of data into what the policy makes of that.
void Missing(GateCheck& check, OnMissing rule);

/// Logarithm to ratio, bounded: an interval over a few wild runs must not become infinite.
double RatioOf(double log_ratio);

/// Mean of a list that is not empty.
double MeanOf(std::span<const double> values);

/// Why three runs a side are the least, with the numbers there are.
std::string TooFewRuns(const GateContext& context);

/// Runs a side that would probably decide, more than there are; no value when too many.
std::optional<int> MoreRuns(const GateContext& context, const Effect& effect,
                            const Evidence& evidence);

}  // namespace weir::analysis
