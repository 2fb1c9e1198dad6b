#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "monitor/alerts/alert_notifier.h"
#include "monitor/rules/rule_engine.h"

/// Alerts and groups as the texts that the store keeps. What an older or newer weir wrote, or what
/// is damaged, reads as nothing.
namespace weir::monitor {

std::string EncodeAlert(const AlertInstance& alert);

/// Without the number of its rule: RuleEngine::Restore finds it.
std::optional<AlertInstance> DecodeAlert(std::string_view text);

/// What is remembered of a group, under a route that has its id instead of its number.
struct StoredGroup {
  std::string route_id;
  Labels labels;
  GroupState state;
};

std::string EncodeGroup(const StoredGroup& group);
std::optional<StoredGroup> DecodeGroup(std::string_view text);

/// The key of either: a hash of what tells it apart.
std::string AlertKey(const Labels& labels);
std::string StoredGroupKey(std::string_view route_id, const Labels& labels);

}  // namespace weir::monitor
