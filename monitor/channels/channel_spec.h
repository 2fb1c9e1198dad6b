#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace weir::monitor {

enum class ChannelKind : std::uint8_t {
  kWebhook,       ///< JSON as Alertmanager posts it, signed as Standard Webhooks 1.0.0 has it.
  kSlack,         ///< An incoming webhook of Slack or what speaks like it.
  kPagerDuty,     ///< Events API v2.
  kAlertmanager,  ///< API v2.
  kEmail,         ///< SMTP.
  kExec,          ///< A program.
  kFile,          ///< A line of JSON for each message.
};

/// A channel as it is written.
struct ChannelSpec {
  std::string name;
  ChannelKind kind = ChannelKind::kFile;
  std::string url = {};                ///< Of the service; kEmail: smtp(s)://host:port. Secret.
  std::string secret = {};             ///< kWebhook: key of the signature (WebhookKey); kPagerDuty:
                                       ///< the routing key; kEmail: the password.
  std::string authorization = {};      ///< Value of that header; secret; empty = none.
  std::string target = {};             ///< kSlack: channel; kEmail: user; kFile: path.
  std::string from = {};               ///< kEmail.
  std::vector<std::string> to = {};    ///< kEmail.
  std::vector<std::string> argv = {};  ///< kExec: the program's path, then its arguments.
  std::optional<double> per_s = {};    ///< Messages per second; default: DefaultPerSecond.
  Nanos timeout = std::chrono::seconds(5);       ///< Of an attempt.
  Nanos give_up_after = std::chrono::hours(24);  ///< A message that is older is given up.
  bool send_resolved = true;                     ///< Also that alerts have ended.

  friend bool operator==(const ChannelSpec&, const ChannelSpec&) = default;
};

/// What the service takes: Slack 1/s and channel; for others 10/s.
double DefaultPerSecond(ChannelKind kind);

/// "webhook", "slack", "pagerduty", "alertmanager", "email", "exec", "file".
std::string_view ChannelKindName(ChannelKind kind);

}  // namespace weir::monitor
