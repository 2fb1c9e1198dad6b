#pragma once

#include <cstdint>

#include "base/run.h"
#include "base/time.h"
#include "loadgen/prepared.h"

namespace weir::loadgen {

/// Names one exchange (a request and its answer) between worker and transport; reused after it
/// has ended.
using ExchangeId = std::uint32_t;

/// What a transport tells its worker. Calls come on the worker's thread only, never from inside
/// Transport::Start or Cancel.
class TransportEvents {
 public:
  virtual ~TransportEvents() = default;

  /// The request that Start answered with kConnecting has now been handed to the kernel.
  virtual void OnSent(ExchangeId id, Instant now) = 0;

  /// The answer is whole. Its connection is already free again, so the worker may Start from
  /// here; `answer` is valid until it does.
  virtual void OnAnswer(ExchangeId id, const Answer& answer, Instant now) = 0;

  /// The exchange broke; it has no answer.
  virtual void OnBroken(ExchangeId id, RequestError error, Instant now) = 0;

  /// A connection, or room for one, has come free without an exchange ending.
  virtual void OnCapacity(Instant now) = 0;
};

/// Moves bytes for a worker: one per worker, same thread. Decides nothing about load.
class Transport {
 public:
  enum class StartResult : std::uint8_t {
    kSent,        ///< On its way; OnAnswer or OnBroken follows.
    kConnecting,  ///< A connection is being made for it; OnSent follows, or OnBroken.
    kNoRoom,      ///< Every connection is busy and no more may be opened; not taken.
  };

  virtual ~Transport() = default;

  /// Sends `request` on the most recently used free connection, or on a new one. `request` must
  /// live until the exchange has ended. A failure to send is reported later through OnBroken.
  virtual StartResult Start(ExchangeId id, const PreparedRequest& request) = 0;

  /// Gives up on an exchange that was started and has not ended: its connection is closed, there
  /// is room for another at once, and no event follows for it.
  virtual void Cancel(ExchangeId id) = 0;

  /// Connections open or being opened.
  virtual std::uint32_t connections() const = 0;
};

}  // namespace weir::loadgen
