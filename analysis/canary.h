#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "analysis/sequential_t.h"
#include "base/run.h"
#include "base/verdict.h"

/// Is the canary worse than the stable deployment, looked at after every second of a paired load?
namespace weir::analysis {

/// Evidence that one of two sides goes wrong more often, from seconds in which they differ: the
/// likelihood ratio against a fair coin, half for "it is always the canary", half spread evenly
/// over shares from 1/2 to 1. As SequentialTEvidence a martingale under the hypothesis, so it may
/// be looked at after every second. How many requests go wrong in a second does not count: an
/// outage of a second is one event, not a thousand.
/// @param more  seconds in which the canary had more wrong answers; @param less  the stable one.
double MoreOftenEvidence(std::uint64_t more, std::uint64_t less);

struct CanaryRule {
  double alpha = 0.05;  ///< Chance that a canary that is no worse ever fails; (0, 0.5].
  double response_tolerance = 0.05;  ///< Of the mean response time (p5 to p95), as a ratio; > 0.
  double error_tolerance = 0.005;    ///< Of the share that goes wrong, absolute; > 0.
  std::uint32_t seconds_max = 600;   ///< The longest watch, > 0: shares alpha among later starts.
};

/// All that the test takes of a second.
struct CanarySecond {
  std::optional<double> stable_log_ns;  ///< Mean log response time, p5 to p95; none: no answer.
  std::optional<double> canary_log_ns;
  double stable_wrong_ratio = 0;  ///< Of what ended in it.
  double canary_wrong_ratio = 0;
  friend bool operator==(const CanarySecond&, const CanarySecond&) = default;
};

/// From what all steps did in it, on each side.
CanarySecond CanarySecondOf(const StepRecord& stable, const StepRecord& canary);

/// The running comparison. Per second, the difference of the mean log response times and who had
/// more wrong answers; both get half of alpha. Fails when it is surely worse and the mean of the
/// differences is at least half the tolerance, as the gate does; passes when both are surely not
/// worse by the tolerance.
///
/// A canary may turn bad later: the same test starts again every kRestartEvery seconds and looks
/// at kRestartSpan of them. The first start has half of each alpha, all others share the rest
/// equally, so the chance of ever failing stays at most alpha (Bonferroni).
///
/// Assumes that differences of different seconds are independent and of one spread; requests inside
/// a second need not be. Two instances of the same build that differ by more than half the
/// tolerance (placement, caches) are a difference to it.
/// Checked against: ever-fail rate of seeded A/A watches, tests/analysis/canary_test.cc.
/// Cost: some 0.3 ms a second. One owner.
class CanaryTest {
 public:
  static constexpr std::uint32_t kRestartEvery = 5;
  static constexpr std::uint32_t kRestartSpan = 60;
  static constexpr std::uint32_t kSecondsToPass = 10;

  explicit CanaryTest(const CanaryRule& rule);

  /// Takes the next second. The same seconds give the same answers, bit for bit.
  void Add(const CanarySecond& second);

  /// The same from records.
  void Add(const StepRecord& stable, const StepRecord& canary) {
    Add(CanarySecondOf(stable, canary));
  }

  /// Forgets all seconds and starts anew.
  void Restart() { *this = CanaryTest(rule_); }

  /// kFail, kPass or kInconclusive, from all seconds so far.
  Verdict verdict() const { return verdict_; }

  /// Whether the last second alone was worse by the tolerance, in either respect.
  bool last_is_worse() const { return last_is_worse_; }

  std::uint32_t seconds() const { return seconds_; }

  /// "response_time.body" and "error_rate", as the gate has them.
  std::vector<GateCheck> Checks() const;

 private:
  // A test that began at some second.
  struct Start {
    std::uint32_t at = 0;
    SequentialT slower;
    std::uint64_t more_errors = 0;
    std::uint64_t less_errors = 0;
    double errors_evidence_max = 1;
    Moments errors;
  };

  void AddTo(Start& start, double error_difference, const double* response_difference) const;
  double LevelOf(const Start& start) const;
  void Decide();

  CanaryRule rule_;
  std::uint32_t seconds_ = 0;
  Start first_;
  std::deque<Start> later_;
  SequentialT not_slower_;
  SequentialT not_more_errors_;
  Moments stable_log_;
  Verdict verdict_ = Verdict::kInconclusive;
  bool slower_ = false;
  bool more_errors_ = false;
  bool last_is_worse_ = false;
};

}  // namespace weir::analysis
