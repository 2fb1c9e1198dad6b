#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "base/time.h"
#include "monitor/channels/channel_spec.h"
#include "monitor/http_exchange.h"

/// What an answer of a channel means, and when a message is tried again. Pure.
namespace weir::monitor {

enum class DeliveryResult : std::uint8_t {
  kDelivered,
  kTryAgain,  ///< It may work later.
  kFinal,     ///< It will not work, however often it is tried.
};

/// What came of one attempt.
struct DeliveryAttempt {
  DeliveryResult result = DeliveryResult::kDelivered;
  std::string error = {};  ///< Printable, without secrets; empty when delivered.
  std::optional<Nanos> retry_after = {};
};

/// The retry class of each kind of channel. Over HTTP 2xx is delivered, no answer, 408, 429 and 5xx
/// are tried again, other codes are final; of SMTP 2yz, 4yz and 5yz mean that.
/// Source: Alertmanager 0.25, notify/util.go (Retrier); PagerDuty, "Events API v2"; RFC
/// 5321, 4.2.1.
DeliveryAttempt JudgeReply(const ChannelSpec& channel, const HttpReply& reply);

/// No pause is longer: a message that is due later than that was written by a clock that has been
/// set back since.
inline constexpr Nanos kRetryPauseMax = std::chrono::hours(1);

/// How long to wait after attempt number `attempts` (from 1) failed: 1 s, doubled up to 5 min,
/// jittered between half and whole, never shorter than `retry_after` (at most
/// kRetryPauseMax).
Nanos RetryPause(std::uint32_t attempts, std::optional<Nanos> retry_after, Rng& rng);

}  // namespace weir::monitor
