#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "monitor/channels/channel_spec.h"
#include "monitor/channels/retry_policy.h"

namespace weir::monitor {

/// A message as it is sent.
struct Parcel {
  const std::string& event_id;
  const std::string& dedup_key;
  const std::string& payload;  ///< Of RenderMessage.
};

/// Sends messages over one channel. One thread at a time.
class Sender {
 public:
  virtual ~Sender() = default;

  /// One attempt. Blocks, for the channel's timeout at most.
  virtual DeliveryAttempt Send(const Parcel& parcel) = 0;

  /// Ends an attempt that goes on, where that is possible. Any thread.
  virtual void Stop() {}
};

/// `clock` must outlive it. Errors: kUnavailable: a program that cannot be run.
Result<std::unique_ptr<Sender>> MakeSender(const ChannelSpec& channel, const Clock& clock);

}  // namespace weir::monitor
