#include "analysis/canary.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <fmt/format.h>

#include "analysis/run_statistics.h"
#include "base/check.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

// Of a second: what went wrong, of what was planned.
double WrongRatio(const RequestCounts& counts) {
  const std::uint64_t wrong =
      counts.of(Outcome::kFailed) + counts.of(Outcome::kTimedOut) + counts.of(Outcome::kUnfinished);
  const std::uint64_t ended = wrong + counts.of(Outcome::kCompleted);
  return ended == 0 ? 0 : static_cast<double>(wrong) / static_cast<double>(ended);
}

std::optional<double> BodyOf(const StepRecord& record) {
  return MeanLogBetween(MergedLatency(record, LatencyKind::kResponse).histogram, kBodyFrom,
                        kBodyTo);
}

}  // namespace

double MoreOftenEvidence(std::uint64_t more, std::uint64_t less) {
  const auto a = static_cast<double>(more) + 1;
  const auto b = static_cast<double>(less) + 1;
  const double coin = (a + b - 2) * std::log(2.0);
  // Twice the integral of the likelihood over [1/2, 1], in logarithms: for thousands of seconds the
  // likelihood is no number any more.
  const double above = boost::math::ibetac(a, b, 0.5);
  const double log_beta =
      boost::math::lgamma(a) + boost::math::lgamma(b) - boost::math::lgamma(a + b);
  const double even =
      above > 0 ? std::exp(std::min(std::log(2 * above) + log_beta + coin, 600.0)) : 0;
  const double always = less == 0 ? std::exp(std::min(coin, 600.0)) : 0;
  return (even + always) / 2;
}

CanarySecond CanarySecondOf(const StepRecord& stable, const StepRecord& canary) {
  return {.stable_log_ns = BodyOf(stable),
          .canary_log_ns = BodyOf(canary),
          .stable_wrong_ratio = WrongRatio(stable.counts),
          .canary_wrong_ratio = WrongRatio(canary.counts)};
}

CanaryTest::CanaryTest(const CanaryRule& rule) : rule_(rule) {
  WEIR_CHECK(rule.alpha > 0 && rule.alpha <= 0.5);
  WEIR_CHECK(rule.response_tolerance > 0 && rule.error_tolerance > 0);
  WEIR_CHECK(rule.seconds_max > 0);
}

void CanaryTest::AddTo(Start& start, double error_difference,
                       const double* response_difference) const {
  if (response_difference != nullptr) {
    start.slower.Add(*response_difference);
  }
  start.more_errors += error_difference > 0 ? 1 : 0;
  start.less_errors += error_difference < 0 ? 1 : 0;
  start.errors.Add(error_difference);
  start.errors_evidence_max =
      std::max(start.errors_evidence_max, MoreOftenEvidence(start.more_errors, start.less_errors));
}

// The share of one criterion of one start.
double CanaryTest::LevelOf(const Start& start) const {
  const double half = rule_.alpha / 4;
  return start.at == 0 ? half : half / std::max(1U, rule_.seconds_max / kRestartEvery);
}

void CanaryTest::Add(const CanarySecond& second) {
  const double more_wrong = second.canary_wrong_ratio - second.stable_wrong_ratio;
  std::optional<double> slower;
  if (second.stable_log_ns && second.canary_log_ns) {
    slower = *second.canary_log_ns - *second.stable_log_ns;
    stable_log_.Add(*second.stable_log_ns);
    not_slower_.Add(std::log1p(rule_.response_tolerance) - *slower);
  }
  not_more_errors_.Add(rule_.error_tolerance - more_wrong);
  if (seconds_ > 0 && seconds_ % kRestartEvery == 0) {
    later_.push_back({});
    later_.back().at = seconds_;
  }
  while (!later_.empty() && seconds_ - later_.front().at >= kRestartSpan) {
    later_.pop_front();
  }
  AddTo(first_, more_wrong, slower ? &*slower : nullptr);
  for (Start& start : later_) {
    AddTo(start, more_wrong, slower ? &*slower : nullptr);
  }
  last_is_worse_ = more_wrong >= rule_.error_tolerance ||
                   (slower && *slower >= std::log1p(rule_.response_tolerance));
  ++seconds_;
  Decide();
}

void CanaryTest::Decide() {
  slower_ = false;
  more_errors_ = false;
  const auto look = [this](const Start& start) {
    const double level = LevelOf(start);
    slower_ = slower_ || (start.slower.p_value() <= level &&
                          start.slower.moments().mean >= std::log1p(rule_.response_tolerance) / 2);
    more_errors_ = more_errors_ || (1 / start.errors_evidence_max <= level &&
                                    start.errors.mean >= rule_.error_tolerance / 2);
  };
  look(first_);
  for (const Start& start : later_) {
    look(start);
  }
  // Passing takes both, so each may have the whole alpha; half, as for failing, is the safer side.
  const double level = rule_.alpha / 2;
  const bool fine = seconds_ >= kSecondsToPass && not_slower_.p_value() <= level &&
                    not_more_errors_.p_value() <= level && not_slower_.moments().mean > 0 &&
                    not_more_errors_.moments().mean > 0;
  verdict_ = slower_ || more_errors_ ? Verdict::kFail
             : fine                  ? Verdict::kPass
                                     : Verdict::kInconclusive;
}

std::vector<GateCheck> CanaryTest::Checks() const {
  const auto verdict_of = [this](bool worse, const SequentialT& not_worse) {
    const bool fine = seconds_ >= kSecondsToPass && not_worse.p_value() <= rule_.alpha / 2 &&
                      not_worse.moments().mean > 0;
    return worse ? Verdict::kFail : fine ? Verdict::kPass : Verdict::kInconclusive;
  };
  GateCheck response;
  response.metric = "response_time.body";
  response.unit = "ns";
  response.tolerance = rule_.response_tolerance;
  response.verdict = verdict_of(slower_, not_slower_);
  response.p_value = first_.slower.p_value();
  response.alpha = LevelOf(first_);
  if (stable_log_.count > 0) {
    const double change = std::expm1(first_.slower.moments().mean);
    response.baseline = std::exp(stable_log_.mean);
    response.candidate = *response.baseline * (1 + change);
    response.change_ratio = change;
    response.reason = fmt::format("the mean response time (p5 to p95) changed by {} over {} s",
                                  FormatChange(change), seconds_);
  } else {
    response.reason = "no second had answers from both sides";
  }
  GateCheck errors;
  errors.metric = "error_rate";
  errors.unit = "ratio";
  errors.tolerance = rule_.error_tolerance;
  errors.verdict = verdict_of(more_errors_, not_more_errors_);
  errors.p_value = 1 / first_.errors_evidence_max;
  errors.alpha = LevelOf(first_);
  errors.change_ratio = first_.errors.mean;
  errors.reason = fmt::format(
      "the canary had more wrong answers in {} of {} s, the stable one in {}; {} percentage points",
      first_.more_errors, seconds_, first_.less_errors,
      fmt::format("{:+.2f}", 100 * first_.errors.mean));
  return {response, errors};
}

}  // namespace weir::analysis
