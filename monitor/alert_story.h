#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "monitor/alert_desk.h"
#include "monitor/config/monitor_config.h"
#include "monitor/gate_news.h"
#include "monitor/trends.h"
#include "store/monitor_book.h"

/// All that is known of one alert: its evidence.
namespace weir::monitor {

struct AlertStory {
  /// Messages that are told, the newest.
  static constexpr std::size_t kMessagesMax = 100;

  WallTime at{};
  AlertEvidence evidence;
  SeriesTrend trend;
  std::vector<TrackPoint> beginning;  ///< Around the beginning of its last episode.
  GateNews gates;
  std::vector<store::OutboxMessage> messages;  ///< Of its groups, since it began; newest first.
  std::string messages_trouble;                ///< Why they are not known; empty: they are.
};

/// What a desk that goes by `config` knows of the alert with this key (AlertKey), at `at`; nothing:
/// it is not known, or no more. Verdicts and messages are to be filled in.
std::optional<AlertStory> BeginStory(const AlertDesk& desk, const MonitorConfig& config,
                                     WallTime at, std::string_view key);

/// Fills in the messages, out of the outbox.
void AddMessages(store::MonitorBook& book, AlertStory& story);

/// `weir.monitor_alert/1`: docs/monitoring.md has its fields.
std::string AlertStoryJson(const AlertStory& story);

}  // namespace weir::monitor
