#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "monitor/alert_marks.h"
#include "monitor/alerts/channel_hours.h"
#include "monitor/channels/alert_notice.h"
#include "monitor/config/monitor_config.h"
#include "monitor/digest_desk.h"
#include "monitor/interventions.h"
#include "monitor/rules/rule_engine.h"
#include "monitor/state_codec.h"
#include "store/monitor_book.h"

namespace weir::monitor {

/// The state of a monitor, as it was stored.
struct StoredMonitor {
  std::vector<store::MonitorStateRow> alerts;
  std::vector<store::MonitorStateRow> groups;
  std::vector<store::MonitorStateRow> rest = {};  ///< Of kRestOfMonitor.
  std::vector<store::MonitorStateRow> forecasts = {};
};

/// What a desk remembers beside alerts and groups.
inline constexpr std::array kRestOfMonitor = {store::MonitorStateKind::kEnded,
                                              store::MonitorStateKind::kDigest,
                                              store::MonitorStateKind::kDemoted};

/// An alert, for people.
struct AlertView {
  AlertInstance alert;
  MuteReason muted = MuteReason::kNotMuted;
  std::optional<Acknowledgement> acknowledged;
  std::optional<AlertMark> mark;
  bool digested = false;  ///< Digests alone tell of it.
  std::size_t flaps = 0;  ///< How often it began while it flaps; 0: it does not.
};

/// A group that an alert is in, and how far its escalation is.
struct AlertGroup {
  std::string receiver;
  Labels labels;
  std::string dedup_key;  ///< Of its messages.
  bool told = false;      ///< It was told that the alert fires, and not yet that it ended.
  std::optional<WallTime> last_at = {};
  std::optional<EscalationState> escalation = {};
  std::size_t steps = 0;
  std::size_t rounds = 0;
  std::vector<std::string> quiet = {};  ///< Channels that are not told now, by the time.
};

/// What stands about one alert, also when it is over.
struct AlertEvidence {
  AlertView view;
  std::optional<StoredSilence> silence;  ///< That holds for it.
  std::vector<AlertGroup> groups;
};

/// From samples to messages in one step: rules, then silencing, inhibition, routing and grouping,
/// then a message for each channel of the receivers. A step returns what it changed, states and
/// messages together, to be written in one transaction: then what was told and what is remembered
/// of it cannot differ, whenever the process dies. Pure: no clock, no I/O; the same steps make the
/// same messages, byte for byte.
class AlertDesk {
 public:
  /// Of alerts that are over the last episode is remembered, for people to mark: of so many, those
  /// that ended last, for so long.
  static constexpr std::size_t kEndedMax = 200;
  static constexpr Nanos kEndedKept = std::chrono::hours(24 * 7);

  /// `config` must outlive it.
  explicit AlertDesk(const MonitorConfig& config);

  /// Goes on where an earlier process was. What no longer fits the configuration is let go of, and
  /// the next step says so.
  void Restore(const StoredMonitor& stored);

  /// Goes on where `before` was, by another configuration; nothing is left of it. What is the same
  /// in both keeps what it has learnt, the rest is as after Restore: alerts of rules that are gone
  /// end, and what routes have told that are gone, or have another receiver, is told to be over.
  /// The configuration of `before` must still be there.
  void TakeOver(AlertDesk&& before);

  /// What people say from now on: `said` instead of what they said before. Its alerts do not count.
  void Hear(AlertBook said);

  /// RuleEngine::TakeUp: of the past of a source.
  void TakeUp(std::size_t rule, RuleEngine&& learnt) { engine_.TakeUp(rule, std::move(learnt)); }

  /// The clock was set back by `by` since the last step: what happened keeps its distance from now.
  /// Silences are about the clock, and stay.
  void ClockSetBack(Nanos by);

  /// The latest instant at which something happened that it remembers.
  WallTime Latest() const;

  /// Times come in their order, but for ClockSetBack. `sources` and `history` as in
  /// RuleEngine::Evaluate.
  store::MonitorChange Step(WallTime at, std::span<const SourceView> sources,
                            const HistoryView& history = {});

  /// All of its state, as Restore takes it: for a store that has missed steps.
  std::vector<store::MonitorStateRow> Whole() const;

  const RuleEngine& engine() const { return engine_; }

  const NotifierState& groups() const { return notifier_; }

  /// By the name of the rule, what people said of its alerts.
  std::map<std::string, RulePrecision> Precision(WallTime at) const {
    return PrecisionOf(said_.marks, at);
  }

  /// Rules of which digests tell, by name, as people marked their alerts as noise.
  const std::map<std::string, RulePrecision>& demoted() const { return digests_.demoted(); }

  /// Up to `count` alerts that are pending or fire at `at`: those that fire first, of those the
  /// newest first.
  std::vector<AlertView> List(WallTime at, std::size_t count) const;

  /// All that stands about the alert with this key (AlertKey); nothing: it is not known. Cost:
  /// O(alerts).
  std::optional<AlertEvidence> EvidenceOf(WallTime at, std::string_view key) const;

  /// Messages made so far, and alerts that were muted by the last step.
  std::uint64_t notifications() const { return notifications_; }

 private:
  void SaveAlerts(WallTime at, store::MonitorChange& change);
  std::set<Labels> TakeAcknowledged(WallTime at, store::MonitorChange& change);
  void SaveEnded(WallTime at, store::MonitorChange& change);
  void SaveGroups(store::MonitorChange& change);
  void SaveForecasts(store::MonitorChange& change);
  store::MonitorStateRow RowOf(const GroupKey& key, const GroupState& state) const;
  std::vector<Labels> HeldOpen() const;
  AlertGroup GroupOf(const GroupKey& key, WallTime at) const;
  const ReceiverSpec& ReceiverOf(std::size_t route) const;
  void Adopt(StoredGroup group);
  void CloseAbandoned(WallTime at, store::MonitorChange& change);
  void Write(WallTime at, const Notification& notification, store::MonitorChange& change) const;
  void TellTimed(const FiringAlerts& now, std::span<const Notification> told,
                 store::MonitorChange& change);
  std::vector<TimedChannel> TimedOf(const ReceiverSpec& receiver, WallTime at) const;
  void Escalate(const FiringAlerts& now, std::span<const Notification> told,
                store::MonitorChange& change);

  const MonitorConfig& config_;
  RuleEngine engine_;
  NotifierState notifier_;
  DigestDesk digests_;
  AlertBook said_;                 // Without alerts.
  std::vector<Silence> silences_;  // Of said_.
  std::map<GroupKey, GroupState> saved_groups_;
  std::uint64_t saved_forecasts_ = 0;                 // How many were ever due.
  std::map<std::string, AlertInstance> ended_;        // By AlertKey.
  std::vector<store::MonitorStateRow> pending_rows_;  // For the next step to write.
  std::vector<StoredGroup> abandoned_;                // For the next step to tell that it is over.
  std::uint64_t notifications_ = 0;
};

}  // namespace weir::monitor
