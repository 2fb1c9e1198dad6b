#include "monitor/courier.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace weir::monitor {
namespace {

// When the outbox cannot be read or written.
constexpr Nanos kStorePause = std::chrono::seconds(1);
// With nothing to do it looks at the outbox now and then, as other processes may have added to it.
constexpr Nanos kIdle = std::chrono::seconds(30);

RateLimit LimitOf(const ChannelSpec& channel) {
  const double per_s = channel.per_s.value_or(DefaultPerSecond(channel.kind));
  return {.per_s = per_s, .burst = std::max(1.0, per_s)};
}

}  // namespace

Courier::Courier(const ChannelSpec& channel, std::unique_ptr<Sender> sender, std::uint64_t seed,
                 Parts parts)
    : channel_(channel),
      sender_(std::move(sender)),
      parts_(std::move(parts)),
      rng_(seed),
      limiter_(LimitOf(channel)),
      thread_([this] { Work(); }) {}

Courier::~Courier() {
  Stop();
  AwaitEnd();
}

void Courier::AwaitEnd() {
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Courier::Wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void Courier::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  sender_->Stop();
  changed_.notify_all();
}

ChannelCounts Courier::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

bool Courier::Note(const store::OutboxMessage& message, const DeliveryAttempt& attempt) {
  const WallTime now = parts_.clock.WallNow();
  store::DeliveryOutcome outcome{.id = message.id,
                                 .state = store::DeliveryState::kDelivered,
                                 .at = now,
                                 .due_at = message.due_at,
                                 .error = attempt.error};
  const bool too_old = now - message.created_at >= channel_.give_up_after;
  if (attempt.result == DeliveryResult::kTryAgain && !too_old) {
    outcome.state = store::DeliveryState::kWaiting;
    outcome.due_at = now + RetryPause(message.attempts + 1, attempt.retry_after, rng_);
  } else if (attempt.result != DeliveryResult::kDelivered) {
    outcome.state = store::DeliveryState::kGivenUp;
  }
  const Status noted =
      parts_.book.With([&](store::MonitorBook& book) { return book.Record(outcome); });
  if (!noted) {
    parts_.log(fmt::format("channel {}: {}", channel_.name, noted.error().message));
  }
  if (attempt.result != DeliveryResult::kDelivered) {
    const bool given_up = outcome.state == store::DeliveryState::kGivenUp;
    parts_.log(fmt::format("channel {}: {}: {}", channel_.name,
                           given_up ? "a message is given up" : "will try again", attempt.error));
  }
  const std::lock_guard lock(mutex_);
  counts_.delivered += outcome.state == store::DeliveryState::kDelivered ? 1 : 0;
  counts_.given_up += outcome.state == store::DeliveryState::kGivenUp ? 1 : 0;
  counts_.attempts_failed += attempt.result != DeliveryResult::kDelivered ? 1 : 0;
  counts_.trouble = attempt.error;
  return noted.has_value();
}

bool Courier::Send(const store::OutboxMessage& message) {
  const DeliveryAttempt attempt = sender_->Send(
      {.event_id = message.event_id, .dedup_key = message.dedup_key, .payload = message.payload});
  {
    // An attempt that Stop cut off says nothing about the message.
    const std::lock_guard lock(mutex_);
    if (stopping_ && attempt.result != DeliveryResult::kDelivered) {
      return false;
    }
  }
  return Note(message, attempt);
}

// Sends the next message if it is time; returns how long to wait before the next look.
Nanos Courier::Deliver() {
  const auto next =
      parts_.book.With([this](store::MonitorBook& book) { return book.NextFor(channel_.name); });
  if (!next) {
    parts_.log(fmt::format("channel {}: {}", channel_.name, next.error().message));
    return kStorePause;
  }
  if (!*next) {
    return kIdle;
  }
  if (const Nanos wait = (*next)->due_at - parts_.clock.WallNow();
      wait > Nanos(0) && wait <= kRetryPauseMax) {
    return std::min(wait, kIdle);
  }
  if (const Nanos wait = limiter_.Take("", parts_.clock.Now()); wait > Nanos(0)) {
    return wait;
  }
  return Send(**next) ? Nanos(0) : kStorePause;
}

void Courier::Work() {
  if (parts_.after != nullptr) {
    parts_.after->Stop();
    parts_.after->AwaitEnd();
    parts_.after.reset();
  }
  while (true) {
    const Nanos pause = Deliver();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, pause, [this] { return stopping_ || woken_; });
    if (stopping_) {
      return;
    }
    woken_ = false;
  }
}

}  // namespace weir::monitor
