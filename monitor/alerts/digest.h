#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "monitor/alerts/alert_notifier.h"
#include "monitor/alerts/time_zone.h"

/// Alerts that are not worth a message of their own: collected, and told together once in a while.
/// Pure: no clock, no I/O.
namespace weir::monitor {

/// When digests are due.
struct DigestSchedule {
  std::optional<Nanos> every = {};  ///< After what was collected first; nothing: once a day.
  int at_min = 9 * 60;              ///< Then: the minute of the local day, 0 to 1439.
  TimeZone zone = {};
  std::string zone_name = "UTC";

  /// The first digest after `since`. A local time that a day does not have, as the clock is put
  /// forward, is an hour later or earlier.
  WallTime Next(WallTime since) const;
};

/// "every 24 h", "at 09:00 (Europe/Berlin)".
std::string InWords(const DigestSchedule& schedule);

/// What is remembered of an alert since the last digest.
struct DigestEntry {
  Labels annotations;                    ///< As it began last.
  std::size_t began = 0;                 ///< Since the last digest.
  Nanos fired{0};                        ///< How long, over episodes that are counted already.
  WallTime first_at{};                   ///< It was collected from then on.
  std::optional<WallTime> firing_since;  ///< It fires, and that is counted from then on.
  std::optional<WallTime> ended_at;      ///< Last.

  friend bool operator==(const DigestEntry&, const DigestEntry&) = default;
};

/// What one receiver is told next time.
struct DigestState {
  WallTime since{};
  std::map<Labels, DigestEntry> entries;
  std::size_t left_out = 0;  ///< Beginnings of alerts for which there was no room.

  friend bool operator==(const DigestState&, const DigestState&) = default;
};

/// By receiver. At most kDigestEntriesMax alerts in all.
using DigestBook = std::map<std::string, DigestState>;
inline constexpr std::size_t kDigestEntriesMax = 2000;

/// An alert that fires and goes to the digest of a receiver.
struct DigestAlert {
  std::string receiver;
  Labels labels;
  Labels annotations;
  bool begins = false;  ///< It fires from this step on.
};

/// A digest that is due. It counts as told, as a Notification does.
struct DigestDue {
  std::string receiver;
  WallTime from{};
  WallTime to{};
  /// Those that fire still first, of those that began most often first. `fired` counts up to `to`.
  std::vector<std::pair<Labels, DigestEntry>> entries;
  std::size_t left_out = 0;
};

/// Which alerts of `firing` go to which receiver's digest: by a route with RouteOptions::digest, or
/// as they are demoted; not those that are muted. Without `annotations` and `begins`.
std::vector<DigestAlert> DigestedAlerts(const NotificationPolicy& policy,
                                        const FiringAlerts& firing);

/// Moves `book` to `at`, and returns what is due. An alert ends when it has left `firing`: to be
/// muted, or told by itself from now on, is no end. What fires on is in the next digest as well; a
/// receiver for whom nothing began, fires or ended is told nothing.
std::vector<DigestDue> StepDigests(const DigestSchedule& schedule, WallTime at,
                                   std::span<const DigestAlert> alerts,
                                   std::span<const Labels> firing, DigestBook& book);

}  // namespace weir::monitor
