#pragma once

#include <functional>

#include "base/time.h"

namespace weir::monitor {

/// The time of evaluations by the clock of the wall, which may be set back. By little: time stands
/// still until it has caught up. By more: it goes on from there, and what is remembered has to be
/// moved along. Pure. Thread rule: one owner.
class WallFollower {
 public:
  struct Now {
    WallTime at{};      ///< Not before that of the call before, but for `set_back`.
    Nanos set_back{0};  ///< By how much the clock was set back since then; 0: it was not.
  };

  /// `now` and `said`: what the two clocks say. `latest`: the latest that is remembered of an
  /// earlier process, during whose absence the clock may have been set back; asked by the first
  /// call alone.
  Now Follow(Instant now, WallTime said, const std::function<WallTime()>& latest);

 private:
  // Of the last call.
  Instant at_{};
  WallTime said_ = WallTime::min();
  WallTime told_ = WallTime::min();
};

}  // namespace weir::monitor
