#include "monitor/wall_follower.h"

#include <algorithm>

namespace weir::monitor {
namespace {

// A clock that is set back by less stands still for as long.
constexpr Nanos kClockSlack = std::chrono::seconds(1);

}  // namespace

WallFollower::Now WallFollower::Follow(Instant now, WallTime said,
                                       const std::function<WallTime()>& latest) {
  const WallTime due = said_ == WallTime::min() ? latest() : said_ + (now - at_);
  const Nanos back = due > said ? due - said : Nanos(0);
  const bool is_set_back = back > kClockSlack;
  told_ = is_set_back ? said : std::max(told_, said);
  at_ = now;
  said_ = said;
  return {.at = told_, .set_back = is_set_back ? back : Nanos(0)};
}

}  // namespace weir::monitor
