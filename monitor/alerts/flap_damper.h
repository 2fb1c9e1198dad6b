#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <vector>

#include "base/time.h"
#include "monitor/alerts/label_matcher.h"

/// Which alerts flap: fire and end again and again. Pure: no clock, no I/O.
///
/// Nagios and Icinga weigh the changes of the last 21 checks, which depends on how often is
/// checked; here beginnings in a span of time are counted. The two limits that keep the mark from
/// flapping itself are theirs: it begins with more than `times`, and ends after a whole calm
/// `window`.
namespace weir::monitor {

struct FlapLimits {
  static constexpr std::size_t kTimesMax = 100;

  std::size_t times = 0;  ///< Beginnings in `window` that are not yet flapping; 0: nothing flaps.
  Nanos window = std::chrono::hours(1);
};

/// What is remembered of an alert.
struct FlapRecord {
  std::vector<WallTime> began;  ///< In the window, ascending; at most times + 1.
  WallTime changed_at{};        ///< When it began or ended last.
  std::size_t count = 0;        ///< Beginnings, over all the time that it flaps.
  bool firing = false;
  bool flapping = false;
  bool told = false;  ///< Somebody was told that it flaps, and not yet that it is calm.

  friend bool operator==(const FlapRecord&, const FlapRecord&) = default;
};

/// At most kFlapRecordsMax alerts; further ones are not marked, so they are told as ever.
using FlapBook = std::map<Labels, FlapRecord>;
inline constexpr std::size_t kFlapRecordsMax = 256;

/// Moves `book` to `at`, which is not before that of the last step. An alert begins when it is in
/// `audible` and was not in `firing` before; it ends when it has left `firing`, of which `audible`
/// is a part: to be muted is neither. One that has flapped is calm when it has neither begun nor
/// ended for a window.
void StepFlaps(const FlapLimits& limits, WallTime at, const std::set<Labels>& audible,
               const std::set<Labels>& firing, FlapBook& book);

}  // namespace weir::monitor
