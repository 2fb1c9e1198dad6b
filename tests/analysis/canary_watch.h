#pragma once

#include <cmath>
#include <cstdint>

#include "analysis/canary.h"
#include "base/rng.h"

/// Watches of canaries whose truth is known.
namespace weir::analysis {

/// One side of a watch.
struct Side {
  double response_ms = 10;
  double error_ratio = 0;
};

/// Seconds of `kPerSecond` requests, drawn from a seed: lognormal latencies, errors that come one
/// by one, and a mood of the second that both sides share but for a little.
class Watch {
 public:
  static constexpr int kPerSecond = 30;

  explicit Watch(std::uint64_t seed, const CanaryRule& rule = {}) : rng_(seed), test_(rule) {}

  Verdict Second(const Side& stable, const Side& canary) {
    const double mood = 0.2 * rng_.Normal();
    const StepRecord one = Draw(stable, mood + 0.01 * rng_.Normal());
    const StepRecord other = Draw(canary, mood + 0.01 * rng_.Normal());
    test_.Add(one, other);
    return test_.verdict();
  }

  /// Seconds until the verdict is `wanted`, at most `most` + 1.
  int Until(Verdict wanted, const Side& stable, const Side& canary, int most) {
    for (int second = 1; second <= most; ++second) {
      if (Second(stable, canary) == wanted) {
        return second;
      }
    }
    return most + 1;
  }

  CanaryTest& test() { return test_; }

 private:
  StepRecord Draw(const Side& side, double mood) {
    StepRecord record;
    for (int i = 0; i < kPerSecond; ++i) {
      const bool wrong = rng_.Uniform() < side.error_ratio;
      const Outcome outcome = wrong ? Outcome::kFailed : Outcome::kCompleted;
      ++record.counts.planned;
      ++record.counts.by_outcome[static_cast<std::size_t>(outcome)];
      const double ns = side.response_ms * 1e6 * std::exp(mood + 0.4 * rng_.Normal());
      record.latency[outcome].response.Record(Nanos(static_cast<std::int64_t>(ns)));
    }
    return record;
  }

  Rng rng_;
  CanaryTest test_;
};

struct NullWatches {
  int watches = 0;
  int seconds = 0;
};

/// How many of so many watches, of a canary that is the stable build, ever fail when looked at
/// every second; 2 % of all answers are wrong.
inline int FalseAlarms(const NullWatches& wanted) {
  int failed = 0;
  for (int seed = 1; seed <= wanted.watches; ++seed) {
    Watch watch(static_cast<std::uint64_t>(seed),
                {.seconds_max = static_cast<std::uint32_t>(wanted.seconds)});
    const Side same = {.error_ratio = 0.02};
    failed += watch.Until(Verdict::kFail, same, same, wanted.seconds) <= wanted.seconds ? 1 : 0;
  }
  return failed;
}

}  // namespace weir::analysis
