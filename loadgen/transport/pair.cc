#include "loadgen/transport/pair.h"

#include <algorithm>
#include <utility>

namespace weir::loadgen {

PairTransport::PairTransport(std::array<OwnedTransport, kSidesMax> sides)
    : sides_(std::move(sides)) {}

Transport::StartResult PairTransport::Start(ExchangeId id, const PreparedRequest& request) {
  if (id >= side_of_.size()) {
    side_of_.resize(id + 1);
  }
  side_of_[id] = request.side;
  return sides_[request.side]->Start(id, request);
}

void PairTransport::Cancel(ExchangeId id) {
  sides_[side_of_[id]]->Cancel(id);
}

std::uint32_t PairTransport::connections() const {
  return sides_[0]->connections() + sides_[1]->connections();
}

std::uint32_t PairTransport::Preconnect(std::uint32_t count) {
  const std::uint32_t first = sides_[0]->Preconnect(count);
  return std::min(first, sides_[1]->Preconnect(count));
}

std::uint32_t PairTransport::preconnecting() const {
  return sides_[0]->preconnecting() + sides_[1]->preconnecting();
}

void PairTransport::DeliverDeferred() {
  for (OwnedTransport& side : sides_) {
    side->DeliverDeferred();
  }
}

Instant PairTransport::deferred_at() const {
  return std::min(sides_[0]->deferred_at(), sides_[1]->deferred_at());
}

std::uint64_t PairTransport::retransmits() const {
  return sides_[0]->retransmits() + sides_[1]->retransmits();
}

}  // namespace weir::loadgen
