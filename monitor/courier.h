#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "monitor/channels/sender.h"
#include "monitor/rate_limiter.h"
#include "monitor/shared_book.h"

namespace weir::monitor {

/// How a channel has fared since the start.
struct ChannelCounts {
  std::uint64_t delivered = 0;
  std::uint64_t attempts_failed = 0;
  std::uint64_t given_up = 0;
  std::string trouble;  ///< Of the last attempt; empty when it succeeded.
};

/// Takes the messages of one channel from the outbox and sends them, on a thread of its own, so
/// that a slow service keeps no other waiting. What is not delivered stays in the outbox. A message
/// is sent at least once: again when the process dies between the service's answer and the note of
/// it, with the same id and bytes. Thread-safe.
class Courier {
 public:
  struct Parts {
    SharedBook& book;
    const Clock& clock;
    std::function<void(std::string_view line)> log;  ///< On that thread; printable, no secret.

    /// Whose messages it goes on with: it is stopped, and waited for before the first one is sent,
    /// so that none is sent by both. Null: nobody's.
    std::shared_ptr<Courier> after = {};
  };

  /// What `parts` refers to must outlive it.
  Courier(const ChannelSpec& channel, std::unique_ptr<Sender> sender, std::uint64_t seed,
          Parts parts);

  /// Waits for an attempt that goes on, for the channel's timeout at most.
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  /// There may be messages.
  void Wake();

  /// Begins to end, without waiting for it.
  void Stop();

  const ChannelSpec& channel() const { return channel_; }

  ChannelCounts counts() const;

 private:
  void Work();
  void AwaitEnd();
  Nanos Deliver();
  /// False: what came of it could not be written down, so that it will be sent again.
  bool Send(const store::OutboxMessage& message);
  bool Note(const store::OutboxMessage& message, const DeliveryAttempt& attempt);

  const ChannelSpec channel_;
  const std::unique_ptr<Sender> sender_;
  Parts parts_;
  Rng rng_;  // The thread's, as is the next.
  RateLimiter limiter_;

  mutable std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  bool woken_ = true;
  bool stopping_ = false;
  ChannelCounts counts_;

  std::thread thread_;
};

}  // namespace weir::monitor
