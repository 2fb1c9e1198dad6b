#pragma once

#include <string>

#include "monitor/channels/alert_notice.h"
#include "monitor/channels/channel_spec.h"
#include "store/monitor_book.h"

namespace weir::monitor {

/// What a channel is sent for a message: the body of a request, the whole mail, the JSON for a
/// program or file. Written once and sent as it is however often it takes. Carries the routing key
/// of PagerDuty as the word kSecretMark, so that no secret is stored. Pure.
/// Source: Alertmanager 0.25 (notify/webhook, notify/slack, notify/pagerduty, api/v2), PagerDuty
/// Events API v2. Checked against: what a real Alertmanager posts for the same alerts,
/// tests/integration/monitor_channels_test.py.
std::string RenderMessage(const ChannelSpec& channel, const AlertNotice& message);

/// Whether such a channel is sent digests. Those that wake people, and those that keep alerts of
/// their own, are not.
bool TakesDigests(ChannelKind kind);

/// The message as it waits for that channel, due at once.
store::OutboxMessage OutboxOf(const ChannelSpec& channel, const AlertNotice& message);

/// In the payload where a secret stands that is put in when it is sent.
inline constexpr std::string_view kSecretMark = "@secret@";

/// Where people see an alert, below where they reach the service.
std::string AlertLink(std::string_view base, const Labels& labels);

}  // namespace weir::monitor
