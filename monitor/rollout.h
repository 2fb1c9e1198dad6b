#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "base/verdict.h"

namespace weir::monitor {

struct RolloutRules {
  int looks_in_a_row = 2;  ///< That must fail before it counts. > 0.
  Nanos after{0};          ///< How long to go on after the promotion.
};

/// What to do after a look.
enum class RolloutAct : std::uint8_t {
  kGoOn,
  kPromote,   ///< The canary passed: promote it if that is ours to do, and go on looking.
  kRollBack,  ///< Confirmed worse: once, and the end.
  kPassed,    ///< The end.
};

/// What becomes of a rollout, look by look. A pure step: no clock, no I/O.
class Rollout {
 public:
  enum class Phase : std::uint8_t { kCanary, kPromoted };

  explicit Rollout(const RolloutRules& rules) : rules_(rules) {}

  /// After each look at `now`. `promoted`: somebody else has promoted it by now. Not called again
  /// after kRollBack or kPassed. After kPromote the test starts anew.
  RolloutAct Step(Instant now, Verdict verdict, bool promoted);

  Phase phase() const { return phase_; }

 private:
  const RolloutRules rules_;
  Phase phase_ = Phase::kCanary;
  Instant promoted_at_{};
  int fails_in_a_row_ = 0;
};

/// "canary", "promoted".
std::string_view RolloutPhaseName(Rollout::Phase phase);

}  // namespace weir::monitor
