#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "monitor/alerts/label_matcher.h"

namespace weir::monitor {

/// What a digest says of an alert.
struct DigestFacts {
  std::size_t began = 0;  ///< How often, since the digest before; 0: it fires on from before.
  Nanos fired{0};         ///< How long in all, since then.
};

/// What a digest is about.
struct DigestSpan {
  WallTime from{};
  WallTime to{};
  std::size_t left_out = 0;        ///< Beginnings of alerts that are not remembered.
  std::vector<std::string> notes;  ///< Why rules are in it.
};

/// One alert as it is told.
struct ToldAlert {
  bool firing = true;
  Labels labels;
  Labels annotations;
  WallTime starts_at{};
  WallTime ends_at{};                      ///< Of one that is resolved.
  std::string flaps = {};                  ///< That it flaps or has, in words; else empty.
  std::optional<DigestFacts> digest = {};  ///< In a digest alone.
};

/// What is told of a group of alerts, whatever the channel.
struct AlertNotice {
  /// Alerts of one message; the rest is counted.
  static constexpr std::size_t kAlertsMax = 100;

  std::string event_id;   ///< Names this message for good.
  std::string group_key;  ///< Names the group for good, for people.
  std::string dedup_key;  ///< The same for machines: at most 64 hex digits.
  std::string receiver;
  Labels group;
  std::vector<ToldAlert> alerts;  ///< Those that fire first.
  std::size_t truncated = 0;      ///< Alerts beyond kAlertsMax.
  WallTime at{};
  std::string link;                   ///< Where a person looks on; may be empty.
  bool links_alerts = false;          ///< Below `link`, each has a page of its own (AlertLink).
  std::string acknowledge_link = {};  ///< Where who was told says that he looks after it, or empty.
  std::size_t escalation_step = 0;    ///< From 1; 0: the message of the group itself.
  std::optional<DigestSpan> digest = {};  ///< It is no message of a group, but a digest.

  /// "firing" while one of them does, else "resolved".
  std::string_view Status() const;
  std::size_t CountFiring() const;

  /// What all alerts have in common.
  Labels CommonLabels() const;
  Labels CommonAnnotations() const;

  /// "[FIRING:2] HighErrors shop (page)": as Alertmanager's default template has it; of an
  /// escalation "[ESCALATED:2] ...", of a digest "[DIGEST] 3 alerts, 1 still fires".
  std::string Title() const;
};

/// SHA-256 in lower-case hex.
std::string Sha256Hex(std::string_view text);

/// Of bytes, without line breaks.
std::string Base64(std::string_view bytes);

/// With `&amp;`, `&lt;` and `&gt;`, as HTML and Slack want it.
std::string EscapedMarkup(std::string_view text);

/// `2026-11-23T12:34:56.123Z`: RFC 3339 with milliseconds.
std::string FormatMillis(WallTime at);

}  // namespace weir::monitor
