#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/time.h"
#include "monitor/channels/alert_notice.h"
#include "monitor/config/monitor_config.h"
#include "monitor/rules/rule_engine.h"
#include "store/monitor_book.h"

namespace weir::monitor {

/// `receiver` and group for machines: of its messages the same from the first to the last.
std::string NoticeDedupKey(const std::string& receiver, const std::string& route_id,
                           const Labels& group);

/// Puts what is due into the words of messages, and these into the outbox. Pure.
class NoticeWriter {
 public:
  /// Both must outlive it.
  NoticeWriter(const MonitorConfig& config, const RuleEngine& engine)
      : config_(config), engine_(engine) {}

  /// All but its id. `route_id` as in MonitorConfig::route_ids.
  AlertNotice Of(WallTime at, const Notification& notification, const std::string& route_id) const;

  /// One for each of the channels, by number, once; without those that hear of no ends when it is
  /// about nothing else.
  void Post(const AlertNotice& message, const std::vector<std::size_t>& channels,
            store::MonitorChange& change) const;

 private:
  const MonitorConfig& config_;
  const RuleEngine& engine_;
};

/// The id of a message, which `what` tells from all others.
std::string NoticeEventId(const std::string& what);

/// The same of message `number` of a group.
std::string NoticeEventId(const AlertNotice& message, std::uint64_t number, WallTime at);

}  // namespace weir::monitor
