#include "monitor/alerts/digest.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace weir::monitor {
namespace {

std::size_t CountEntries(const DigestBook& book) {
  std::size_t count = 0;
  for (const auto& [receiver, state] : book) {
    count += state.entries.size();
  }
  return count;
}

void TakeIn(const DigestAlert& alert, WallTime at, std::size_t& count, DigestBook& book) {
  const auto [place, is_new] = book.try_emplace(alert.receiver);
  DigestState& state = place->second;
  if (is_new) {
    state.since = at;
  }
  const auto found = state.entries.find(alert.labels);
  if (found == state.entries.end() && count >= kDigestEntriesMax) {
    state.left_out += alert.begins ? 1 : 0;
    return;
  }
  DigestEntry& entry = found == state.entries.end() ? state.entries[alert.labels] : found->second;
  if (found == state.entries.end()) {
    entry.first_at = at;
    ++count;
  }
  if (!entry.firing_since) {
    entry.annotations = alert.annotations;
    entry.firing_since = at;
    ++entry.began;
  }
}

void EndThoseThat(const std::set<Labels>& firing, WallTime at, DigestState& state) {
  for (auto& [labels, entry] : state.entries) {
    if (entry.firing_since && !firing.contains(labels)) {
      entry.fired += at - *entry.firing_since;
      entry.ended_at = at;
      entry.firing_since.reset();
    }
  }
}

DigestDue Tell(const std::string& receiver, WallTime at, DigestState& state) {
  DigestDue due{.receiver = receiver,
                .from = state.since,
                .to = at,
                .entries = {},
                .left_out = std::exchange(state.left_out, 0)};
  for (auto item = state.entries.begin(); item != state.entries.end();) {
    DigestEntry& entry = item->second;
    const bool fires = entry.firing_since.has_value();
    if (fires) {
      entry.fired += at - *entry.firing_since;
    }
    due.entries.emplace_back(item->first, entry);
    entry.began = 0;
    entry.fired = Nanos(0);
    entry.firing_since = fires ? std::optional(at) : std::nullopt;
    item = fires ? std::next(item) : state.entries.erase(item);
  }
  std::stable_sort(due.entries.begin(), due.entries.end(), [](const auto& a, const auto& b) {
    const auto order = [](const DigestEntry& entry) {
      return std::make_tuple(entry.firing_since.has_value(), entry.began, entry.fired);
    };
    return order(a.second) > order(b.second);
  });
  state.since = at;
  return due;
}

}  // namespace

WallTime DigestSchedule::Next(WallTime since) const {
  if (every) {
    return since + *every;
  }
  const auto local = since + zone.OffsetAt(since);
  const auto day = std::chrono::floor<std::chrono::days>(local.time_since_epoch());
  for (int ahead = 0;; ++ahead) {
    const WallTime wanted(day + std::chrono::days(ahead) + std::chrono::minutes(at_min));
    // By the offset of then, which is found from about then.
    const WallTime near = wanted - zone.OffsetAt(wanted);
    const WallTime at = wanted - zone.OffsetAt(near);
    if (at > since) {
      return at;
    }
  }
}

std::string InWords(const DigestSchedule& schedule) {
  return schedule.every ? fmt::format("every {}", FormatDuration(*schedule.every))
                        : fmt::format("at {:02}:{:02} ({})", schedule.at_min / 60,
                                      schedule.at_min % 60, schedule.zone_name);
}

std::vector<DigestAlert> DigestedAlerts(const NotificationPolicy& policy,
                                        const FiringAlerts& firing) {
  const std::vector<MuteReason> mutes = MutesOf(policy, firing);
  const RouteHours hours(policy, firing.at);
  std::vector<DigestAlert> digested;
  for (std::size_t i = 0; i < firing.alerts.size(); ++i) {
    if (mutes[i] != MuteReason::kNotMuted) {
      continue;
    }
    const Labels& alert = firing.alerts[i];
    std::set<std::string> receivers;
    for (const std::size_t route : policy.routes.Match(alert)) {
      const std::string& receiver = policy.routes.options(route).receiver;
      if (!hours.IsMuted(route) && IsDigested(policy, firing, route, alert) &&
          receivers.insert(receiver).second) {
        digested.push_back({receiver, alert, {}, false});
      }
    }
  }
  return digested;
}

std::vector<DigestDue> StepDigests(const DigestSchedule& schedule, WallTime at,
                                   std::span<const DigestAlert> alerts,
                                   std::span<const Labels> firing, DigestBook& book) {
  std::size_t count = CountEntries(book);
  if (count > 0) {
    const std::set<Labels> all(firing.begin(), firing.end());
    for (auto& [receiver, state] : book) {
      EndThoseThat(all, at, state);
    }
  }
  for (const DigestAlert& alert : alerts) {
    TakeIn(alert, at, count, book);
  }
  std::vector<DigestDue> due;
  for (auto item = book.begin(); item != book.end();) {
    DigestState& state = item->second;
    if (at >= schedule.Next(state.since)) {
      due.push_back(Tell(item->first, at, state));
    }
    item = state.entries.empty() && state.left_out == 0 ? book.erase(item) : std::next(item);
  }
  return due;
}

}  // namespace weir::monitor
