#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "monitor/alert_marks.h"
#include "monitor/alerts/digest.h"
#include "monitor/config/monitor_config.h"
#include "monitor/rules/rule_engine.h"
#include "store/monitor_book.h"

namespace weir::monitor {

/// The part of an AlertDesk that demotes rules by what people said of them, and sends digests. What
/// it changes goes into the change of the step. Pure: no clock, no I/O.
class DigestDesk {
 public:
  /// `config` must outlive it.
  explicit DigestDesk(const MonitorConfig& config);

  /// Puts back a row of kDigest or kDemoted. What is for a receiver that is gone goes with the next
  /// step.
  void Restore(const store::MonitorStateRow& row);

  /// Goes on where `before` was, by another configuration.
  void TakeOver(DigestDesk&& before);

  /// Rules with a low precision are demoted, others not any more; returns those of `firing` that
  /// are of demoted rules.
  std::set<Labels> Demote(const std::vector<AlertMark>& marks, WallTime at,
                          const RuleEngine& engine, std::span<const Labels> firing);

  /// The same without a change.
  std::set<Labels> DemotedOf(const RuleEngine& engine, std::span<const Labels> firing) const;

  /// Collects what goes to digests and sends those that are due; returns how many.
  std::size_t Step(const FiringAlerts& now, const RuleEngine& engine, store::MonitorChange& change);

  /// Whether a route that is not muted now tells the alert by itself; false: digests alone do.
  bool TellsOnlyInDigest(const FiringAlerts& now, const Labels& alert) const;

  void ClockSetBack(Nanos by);
  WallTime Latest() const;

  /// Its state, as Restore takes it.
  std::vector<store::MonitorStateRow> Whole() const;

  /// By name, with what people said.
  const std::map<std::string, RulePrecision>& demoted() const { return demoted_; }

 private:
  void Save(store::MonitorChange& change);
  void Write(const DigestDue& due, store::MonitorChange& change) const;

  const MonitorConfig& config_;
  bool has_routes_ = false;  // Some tell in digests.
  std::set<std::string> may_be_demoted_;
  DigestBook book_;
  DigestBook saved_;
  std::map<std::string, RulePrecision> demoted_;
  std::set<std::string> saved_demoted_;
};

}  // namespace weir::monitor
