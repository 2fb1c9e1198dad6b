#include "analysis/gate_distribution.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analysis/gate_judges.h"
#include "analysis/gate_prose.h"
#include "analysis/quantile_interval.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

constexpr auto kQuantiles = static_cast<double>(kDistributionQuantiles.size());

struct Judged {
  GateCriterion criterion;
  GateCheck check;
};

Judged JudgeQuantile(const GateContext& context, const Sides& sides, const GateCriterion& criterion,
                     double alpha) {
  Judged judged{.criterion = criterion, .check = {}};
  judged.check.metric = MetricName(criterion);
  judged.check.step = criterion.step;
  judged.check.tolerance = criterion.tolerance;
  JudgeLatency(context, sides, criterion, alpha, judged.check);
  return judged;
}

// The step-up level: the largest k alpha / m that k of the m p-values are below; else alpha / m.
double StepUpLevel(const std::vector<Judged>& all, double alpha) {
  std::vector<double> p_values;
  for (const Judged& one : all) {
    p_values.push_back(one.check.p_value.value_or(1));
  }
  std::sort(p_values.begin(), p_values.end());
  const auto count = static_cast<double>(p_values.size());
  double level = alpha / count;
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    const double share = static_cast<double>(i + 1) * alpha / count;
    level = p_values[i] < share ? share : level;
  }
  return level;
}

// Worst verdict first; of alike ones what is surest to have risen, or least sure not to have.
bool Before(const Judged& x, const Judged& y) {
  if (x.check.verdict != y.check.verdict) {
    return x.check.verdict > y.check.verdict;
  }
  const bool rose = x.check.verdict == Verdict::kFail || x.check.verdict == Verdict::kWarn;
  const auto upper = [](const GateCheck& check) {
    return check.interval ? check.interval->high : 0;
  };
  return rose ? x.check.p_value.value_or(1) < y.check.p_value.value_or(1)
              : upper(x.check) > upper(y.check);
}

std::string Extent(const std::vector<Judged>& all, const std::vector<std::string>& left_out) {
  const auto name = [](const Judged& one) { return QuantileName(one.criterion.quantile); };
  std::string extent =
      fmt::format("of {} quantiles, {} to {}", all.size(), name(all.front()), name(all.back()));
  if (!left_out.empty()) {
    extent += fmt::format("; {} left out: too few requests", fmt::join(left_out, ", "));
  }
  return extent;
}

}  // namespace

void JudgeDistribution(const GateContext& context, const Sides& sides,
                       const GateCriterion& criterion, double alpha, GateCheck& check) {
  check.unit = "ns";
  std::vector<Judged> all;
  std::vector<std::string> left_out;
  for (const double q : kDistributionQuantiles) {
    GateCriterion one = criterion;
    one.kind = GateCriterion::Kind::kResponseQuantile;
    one.quantile = q;
    Judged judged = JudgeQuantile(context, sides, one, alpha / kQuantiles);
    if (judged.check.candidate) {
      all.push_back(std::move(judged));
    } else {
      left_out.push_back(QuantileName(q));
      check.reason = judged.check.reason;
    }
  }
  if (all.empty()) {
    return;
  }
  // Alike builds, the usual case, stay as they were judged at the lowest level.
  const double level = StepUpLevel(all, alpha);
  if (level != alpha / kQuantiles) {
    for (Judged& one : all) {
      one = JudgeQuantile(context, sides, one.criterion, level);
    }
  }
  const std::string extent = Extent(all, left_out);
  const GateCheck worst = std::min_element(all.begin(), all.end(), Before)->check;
  check.baseline = worst.baseline;
  check.candidate = worst.candidate;
  check.change_ratio = worst.change_ratio;
  check.interval = worst.interval;
  check.p_value = worst.p_value;
  check.detectable = worst.detectable;
  check.runs_needed = worst.runs_needed;
  check.verdict = worst.verdict;
  check.alpha = level;
  check.reason = fmt::format("{} ({})", worst.reason, extent);
}

}  // namespace weir::analysis
