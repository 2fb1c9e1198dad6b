#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "monitor/alert_desk.h"
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

/// `weir.monitor_alert/1`: docs/monitoring.md has its fields.
std::string AlertStoryJson(const AlertStory& story);

}  // namespace weir::monitor
