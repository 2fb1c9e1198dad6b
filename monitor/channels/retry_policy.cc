#include "monitor/channels/retry_policy.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/http_post.h"

namespace weir::monitor {
namespace {

// So much of a reply is shown: services say in it what they did not like.
constexpr std::size_t kShownBytes = 120;

DeliveryResult ClassOf(ChannelKind kind, long status) {
  if (status >= 200 && status < 300) {
    return DeliveryResult::kDelivered;
  }
  if (kind == ChannelKind::kEmail) {
    return status >= 500 ? DeliveryResult::kFinal : DeliveryResult::kTryAgain;
  }
  const bool later = status == 0 || status == 408 || status == 429 || status >= 500;
  return later ? DeliveryResult::kTryAgain : DeliveryResult::kFinal;
}

}  // namespace

DeliveryAttempt JudgeReply(const ChannelSpec& channel, const HttpReply& reply) {
  DeliveryAttempt attempt;
  attempt.result = ClassOf(channel.kind, reply.status);
  if (attempt.result == DeliveryResult::kDelivered) {
    return attempt;
  }
  attempt.retry_after = reply.retry_after;
  const std::string found =
      reply.status == 0 ? reply.trouble : fmt::format("it answers {}", reply.status);
  attempt.error = fmt::format("{}: {}", OriginOf(channel.url), found);
  if (!reply.body.empty() && reply.status != 0) {
    attempt.error += ": " + Printable(reply.body, kShownBytes);
  }
  return attempt;
}

Nanos RetryPause(std::uint32_t attempts, std::optional<Nanos> retry_after, Rng& rng) {
  constexpr Nanos kFirst = std::chrono::seconds(1);
  constexpr Nanos kLongest = std::chrono::minutes(5);
  constexpr std::uint32_t kDoublingsMax = 10;
  const std::uint32_t doublings = std::min(attempts == 0 ? 0 : attempts - 1, kDoublingsMax);
  const Nanos pause = std::min(kFirst * (std::int64_t{1} << doublings), kLongest);
  const Nanos jittered = FromSeconds(Seconds(pause) * (0.5 + 0.5 * rng.Uniform()));
  return std::max(jittered, std::min(retry_after.value_or(Nanos(0)), kRetryPauseMax));
}

}  // namespace weir::monitor
