#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "loadgen/prepared.h"
#include "loadgen/transport/make_transport.h"
#include "loadgen/transport/worker_transport.h"

namespace weir::loadgen {

/// Two transports behind one interface: each request goes to the target of its side. Both share the
/// loop, the thread and the events of the worker, so that what disturbs one disturbs the other.
class PairTransport final : public WorkerTransport {
 public:
  explicit PairTransport(std::array<OwnedTransport, kSidesMax> sides);

  StartResult Start(ExchangeId id, const PreparedRequest& request) override;
  void Cancel(ExchangeId id) override;
  std::uint32_t connections() const override;
  /// `count` to either target.
  std::uint32_t Preconnect(std::uint32_t count) override;
  std::uint32_t preconnecting() const override;
  void DeliverDeferred() override;
  Instant deferred_at() const override;
  std::uint64_t retransmits() const override;

 private:
  std::array<OwnedTransport, kSidesMax> sides_;
  std::vector<std::uint8_t> side_of_;  // By ExchangeId.
};

}  // namespace weir::loadgen
