#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "analysis/forecast_calibration.h"
#include "monitor/alerts/alert_notifier.h"
#include "monitor/alerts/digest.h"
#include "monitor/interventions.h"
#include "monitor/rules/rule_engine.h"

/// Alerts, groups and what people say, as the texts that the store keeps. What an older or newer
/// weir wrote, or what is damaged, reads as nothing.
namespace weir::monitor {

std::string EncodeAlert(const AlertInstance& alert);

/// Without the number of its rule: RuleEngine::Restore finds it.
std::optional<AlertInstance> DecodeAlert(std::string_view text);

/// What is remembered of a group, under a route that has its id instead of its number.
struct StoredGroup {
  std::string route_id;
  Labels labels;
  GroupState state;
  std::string receiver = {};  ///< Who was told; empty: an older weir wrote it.
};

std::string EncodeGroup(const StoredGroup& group);
std::optional<StoredGroup> DecodeGroup(std::string_view text);

/// What a receiver is told next time: the whole without its alerts, and each alert.
struct StoredDigest {
  std::string receiver;
  std::optional<Labels> labels;  ///< Of `entry`; nothing: `state` counts.
  DigestEntry entry;
  DigestState state;  ///< Without entries.
};

std::string EncodeDigest(const StoredDigest& digest);
std::optional<StoredDigest> DecodeDigest(std::string_view text);

std::string EncodeSilence(const StoredSilence& silence);
std::optional<StoredSilence> DecodeSilence(std::string_view text);

std::string EncodeAcknowledgement(const Acknowledgement& said);
std::optional<Acknowledgement> DecodeAcknowledgement(std::string_view text);

std::string EncodeForecasts(const analysis::ForecastTally& tally);
std::optional<analysis::ForecastTally> DecodeForecasts(std::string_view text);

std::string EncodeMark(const AlertMark& mark);
std::optional<AlertMark> DecodeMark(std::string_view text);

/// A rule that is demoted, by its name.
std::string EncodeDemoted(std::string_view rule);
std::optional<std::string> DecodeDemoted(std::string_view text);

/// The key of an alert, of a mark on an episode, or of a group: a hash of what tells it apart.
std::string AlertKey(const Labels& labels);
std::string MarkKey(const Labels& labels, WallTime fired_at);
std::string DigestKey(std::string_view receiver, const Labels& labels);
std::string StoredGroupKey(std::string_view route_id, const Labels& labels);

}  // namespace weir::monitor
