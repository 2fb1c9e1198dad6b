#include <algorithm>
#include <utility>

#include "loadgen/transport/http1.h"

// Several requests on one connection at a time. The oldest is the connection's exchange, as without
// a pipeline; the others wait behind it.
namespace weir::loadgen {

// In turn, so that the connections fill evenly.
Transport::StartResult Http1Transport::StartBehind(ExchangeId id, const PreparedRequest& request) {
  next_roomy_ = next_roomy_ + 1 < roomy_.size() ? next_roomy_ + 1 : 0;
  Connection& connection = *roomy_[next_roomy_];
  if (options_.lifetime > Nanos(0) && clock_.Now() - connection.opened >= options_.lifetime) {
    return StartResult::kNoRoom;
  }
  const ExchangeId first = connection.exchange;
  if (id >= by_exchange_.size()) {
    by_exchange_.resize(std::max<std::size_t>(id + std::size_t{1}, by_exchange_.size() * 2));
  }
  by_exchange_[id] = &connection;
  connection.pipeline->waiting.push_back({id, &request, clock_.Now()});
  int status = 0;
  if (connection.tls == nullptr) {
    status = SendBytes(connection, request.bytes);
  } else {
    connection.tls->Write(request.bytes);
    if (connection.tls->state() == TlsSession::State::kOpen) {
      status = SendCiphertext(connection);
    } else {
      Close(connection);
      status = UV_EPROTO;
    }
  }
  if (status == 0) {
    connection.pipeline->waiting.back().written = clock_.Now();
    UpdateRoom(connection);
  } else {
    // Those that waited have been deferred already, this one among them.
    deferred_.push_back({first, RequestError::kReset});
  }
  return StartResult::kSent;
}

// Keeps roomy_ true of `connection`; call after whatever changes its state or what is on it.
void Http1Transport::UpdateRoom(Connection& connection) {
  if (connection.pipeline == nullptr) {
    connection.pipeline = std::make_unique<Pipeline>();
  }
  Pipeline& pipeline = *connection.pipeline;
  const std::size_t outstanding = pipeline.waiting.size() + 1;
  const bool has_room =
      connection.state == Connection::State::kBusy && connection.write == nullptr &&
      !connection.peer_ended && outstanding < options_.pipeline &&
      (options_.requests_max == 0 || connection.answers + outstanding < options_.requests_max);
  if (has_room == (pipeline.place != kNoPlace)) {
    return;
  }
  if (has_room) {
    pipeline.place = static_cast<std::uint32_t>(roomy_.size());
    roomy_.push_back(&connection);
    return;
  }
  Connection* moved = roomy_.back();
  roomy_[pipeline.place] = moved;
  moved->pipeline->place = pipeline.place;
  roomy_.pop_back();
  pipeline.place = kNoPlace;
}

// They break, between turns of the loop: this may be called from Start and Cancel.
void Http1Transport::DropWaiting(Connection& connection, RequestError error) {
  for (const Pipeline::Waiting& waiting : std::exchange(connection.pipeline->waiting, {})) {
    by_exchange_[waiting.id] = nullptr;
    deferred_.push_back({waiting.id, error});
  }
  connection.state = Connection::State::kConnecting;  // Neither idle nor in use.
  UpdateRoom(connection);
}

// The answer to the oldest is whole, and others wait. False when the connection is closed after it.
bool Http1Transport::AnsweredFirst(Connection& connection) {
  const Instant now = clock_.Now();
  const ExchangeId id = connection.exchange;
  by_exchange_[id] = nullptr;
  const std::unique_ptr<OpeningTimes> opening = std::move(connection.opening);
  const Answer answer{connection.parser.status(), connection.parser.head(),
                      connection.parser.body(), connection.parser.bytes(),
                      ExchangeTimes{connection.written, connection.first_byte,
                                    arrivals_.At(stamp_, now), opening.get()}};
  ++connection.answers;
  if (!connection.parser.keep_alive()) {
    // What waits will have no answer: it was sent in vain.
    Close(connection);
    events_.OnAnswer(id, answer, now);
    return false;
  }
  std::vector<Pipeline::Waiting>& waiting = connection.pipeline->waiting;
  const Pipeline::Waiting next = waiting.front();
  waiting.erase(waiting.begin());
  connection.exchange = next.id;
  connection.request = next.request;
  connection.written = next.written;
  UpdateRoom(connection);
  // It may start another behind these, and that may find the connection broken.
  events_.OnAnswer(id, answer, now);
  if (connection.closing) {
    return false;
  }
  const AnswerCheck& check = connection.request->check;
  connection.parser.Begin({connection.request->is_head, check.needs_head(), check.needs_body()});
  return true;
}

}  // namespace weir::loadgen
