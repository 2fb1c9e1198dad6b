#include "loadgen/transport/http2.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace weir::loadgen {

class Http2Transport::Connection final : public PeerStream::Owner, public Http2Session::Events {
 public:
  explicit Connection(Http2Transport& owner)
      : owner_(owner),
        session_(owner.options_.streams_max, *this),
        stream_(std::make_unique<PeerStream>(owner.shared_, *this)) {}

  int Connect() { return stream_->Connect(owner_.dialer_); }

  /// Gives the socket back to the loop; every exchange has been taken off before.
  void Close() {
    if (stream_ != nullptr) {
      PeerStream::Close(std::move(stream_));
    }
  }

  bool closed() const { return stream_ == nullptr; }

  std::uint32_t retransmits() const { return stream_ != nullptr ? stream_->retransmits() : 0; }

  Http2Session& session() { return session_; }

  void Flush() {
    if (stream_ == nullptr) {
      return;
    }
    std::string& out = stream_->out();
    if (out.empty()) {
      // Both keep their capacity.
      out.swap(session_.output());
    } else {
      out += session_.output();
      session_.output().clear();
    }
    stream_->Flush();
    on_the_way_ = session_.active();
  }

  void Wait(Waiting waiting) { waiting_.push_back(waiting); }

  void StopWaiting(ExchangeId id) {
    std::erase_if(waiting_, [id](const Waiting& waiting) { return waiting.id == id; });
  }

  std::size_t waiting() const { return waiting_.size(); }

  void OnOpen() override {
    const TlsSession* tls = stream_->tls();
    if (tls != nullptr && tls->alpn() != "h2") {
      Fail(RequestError::kNoHttp2);
      return;
    }
    Flush();
  }

  void OnBytes(std::string_view bytes) override {
    const RequestError error = session_.Feed(bytes);
    if (error != RequestError::kNone) {
      Fail(error);
      return;
    }
    ServeWaiting();
    if (session_.draining() && session_.active() == 0) {
      Fail(RequestError::kStreamRefused);
    }
  }

  // Written when every connection that is readable has been read: a server that works meanwhile
  // gets, and sends, more at a time.
  void OnReadDone() override { owner_.Touch(*this); }

  // Answers that come while others are read are answered in the same write. A server that is
  // faster than one read would otherwise be answered request by request.
  bool AwaitsMore() const override { return on_the_way_ > 0; }

  void OnEnd(RequestError error) override {
    // Closing instead of speaking HTTP/2, while connecting, is an answer too.
    const bool refused = error == RequestError::kClosedEarly && !session_.ready();
    Fail(refused ? RequestError::kNoHttp2 : error);
  }

  void OnReady() override {
    std::erase(owner_.connecting_, this);
    if (preconnecting) {
      preconnecting = false;
      --owner_.preconnecting_;
    }
    ServeWaiting();
    owner_.Offer(*this);
    owner_.SendReturned();
    owner_.events_.OnCapacity(owner_.shared_.clock.Now());
  }

  void OnStreamAnswer(ExchangeId exchange, const Answer& answer) override {
    Answer timed = answer;
    if (owner_.PlaceOf(exchange).waited) {
      timed.times.opening = &stream_->opening();
    }
    Freed(exchange);
    const Instant now = owner_.shared_.clock.Now();
    timed.times.whole = owner_.shared_.arrivals.At(owner_.shared_.stamp, now);
    owner_.events_.OnAnswer(exchange, timed, now);
  }

  void OnStreamReturned(ExchangeId exchange) override {
    owner_.TakeBack({exchange, owner_.PlaceOf(exchange).request, true});
    owner_.SendReturned();
  }

  void OnStreamBroken(ExchangeId exchange, RequestError error) override {
    Freed(exchange);
    owner_.events_.OnBroken(exchange, error, owner_.shared_.clock.Now());
  }

  void OnMoreRoom() override {
    ServeWaiting();
    owner_.Offer(*this);
    owner_.SendReturned();
    owner_.events_.OnCapacity(owner_.shared_.clock.Now());
  }

  bool roomy = false;    ///< In roomy_.
  bool touched = false;  ///< In touched_.
  bool preconnecting = false;

 private:
  void Freed(ExchangeId exchange) {
    owner_.PlaceOf(exchange) = Place();
    on_the_way_ -= on_the_way_ > 0 ? 1 : 0;
    // Who came while the connection was opening goes first.
    ServeWaiting();
    owner_.Offer(*this);
    owner_.SendReturned();
  }

  void ServeWaiting() {
    while (!waiting_.empty() && session_.HasRoom()) {
      const Waiting next = waiting_.front();
      waiting_.pop_front();
      if (!next.is_sent) {
        owner_.events_.OnSent(next.id, owner_.shared_.clock.Now());
      }
      owner_.Carry(*this, next);
      owner_.PlaceOf(next.id).waited = !next.is_sent;
    }
  }

  // The end of the connection and of everything on it.
  void Fail(RequestError error) {
    if (closed()) {
      return;
    }
    // Off the lists first: whoever is told below may start again at once.
    owner_.Remove(*this);
    session_.Abandon(error);
    std::deque<Waiting> waiting;
    waiting.swap(waiting_);
    for (const Waiting& lost : waiting) {
      if (lost.is_sent && error == RequestError::kStreamRefused) {
        owner_.TakeBack(lost);
        continue;
      }
      owner_.PlaceOf(lost.id) = Place();
      owner_.events_.OnBroken(lost.id, error, owner_.shared_.clock.Now());
    }
    owner_.SendReturned();
    if (waiting.empty()) {
      owner_.events_.OnCapacity(owner_.shared_.clock.Now());
    }
  }

  Http2Transport& owner_;
  Http2Session session_;
  std::unique_ptr<PeerStream> stream_;
  std::deque<Waiting> waiting_;
  std::uint32_t on_the_way_ = 0;  ///< Requests sent and not answered, or a few more.
};

Http2Transport::Http2Transport(uv_loop_t& loop, const Options& options, const Clock& clock,
                               TransportEvents& events)
    : shared_{loop, clock, options.tls},
      options_(options),
      events_(events),
      dialer_(loop, options.dialer, clock) {
  before_poll_.data = this;
  after_poll_.data = this;
  uv_prepare_init(&loop, &before_poll_);
  uv_check_init(&loop, &after_poll_);
  uv_prepare_start(&before_poll_, [](uv_prepare_t* handle) {
    static_cast<Http2Transport*>(handle->data)->FlushTouched();
  });
  uv_check_start(&after_poll_, [](uv_check_t* handle) {
    static_cast<Http2Transport*>(handle->data)->FlushTouched();
  });
}

Http2Transport::~Http2Transport() {
  while (!connections_.empty()) {
    Remove(*connections_.back());
  }
  const auto closed = [](uv_handle_t* handle) {
    --static_cast<Http2Transport*>(handle->data)->shared_.closing;
  };
  shared_.closing += 2;
  uv_close(reinterpret_cast<uv_handle_t*>(&before_poll_), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&after_poll_), closed);
  while (shared_.closing > 0 || dialer_.pending() > 0) {
    uv_run(&shared_.loop, UV_RUN_ONCE);
  }
}

Http2Transport::Place& Http2Transport::PlaceOf(ExchangeId id) {
  if (id >= places_.size()) {
    places_.resize(std::max<std::size_t>(id + std::size_t{1}, places_.size() * 2));
  }
  return places_[id];
}

std::uint32_t Http2Transport::Preconnect(std::uint32_t count) {
  for (std::uint32_t i = 0; i < count && connections_.size() < options_.connections_max; ++i) {
    int status = 0;
    Connection* connection = dialer_.free_at() > shared_.clock.Now() ? nullptr : Open(status);
    if (connection == nullptr) {
      return count;
    }
    connection->preconnecting = true;
    ++preconnecting_;
  }
  return count;
}

Http2Transport::Connection* Http2Transport::Open(int& status) {
  auto owned = std::make_unique<Connection>(*this);
  Connection* connection = owned.get();
  connections_.push_back(std::move(owned));
  connecting_.push_back(connection);
  status = connection->Connect();
  if (status != 0) {
    Remove(*connection);
    return nullptr;
  }
  return connection;
}

Http2Transport::Connection* Http2Transport::ConnectingWithRoom() {
  const auto found = std::find_if(
      connecting_.rbegin(), connecting_.rend(),
      [this](const Connection* each) { return each->waiting() < options_.streams_max; });
  return found == connecting_.rend() ? nullptr : *found;
}

// On the most recently used connection with room; false if there is none.
bool Http2Transport::CarryNow(const Waiting& waiting) {
  // Since it was put there, the peer may have said that it takes less, or goes.
  while (!roomy_.empty() && !roomy_.back()->session().HasRoom()) {
    roomy_.back()->roomy = false;
    roomy_.pop_back();
  }
  if (roomy_.empty()) {
    return false;
  }
  Connection& connection = *roomy_.back();
  Carry(connection, waiting);
  if (!connection.session().HasRoom()) {
    connection.roomy = false;
    roomy_.pop_back();
  }
  Touch(connection);
  return true;
}

void Http2Transport::Carry(Connection& connection, const Waiting& waiting) {
  Place& place = PlaceOf(waiting.id);
  place.connection = &connection;
  place.request = waiting.request;
  place.stream = connection.session().Start(waiting.id, *waiting.request);
}

Transport::StartResult Http2Transport::Start(ExchangeId id, const PreparedRequest& request) {
  if (!returned_.empty()) {
    // They are waiting for the same room.
    return StartResult::kNoRoom;
  }
  return CarryNow({id, &request}) ? StartResult::kSent : WaitForConnection({id, &request});
}

Transport::StartResult Http2Transport::WaitForConnection(const Waiting& waiting) {
  Connection* connection = ConnectingWithRoom();
  if (connection == nullptr) {
    if (connections_.size() >= options_.connections_max) {
      return StartResult::kNoRoom;
    }
    if (options_.dialer.open_gap > Nanos(0) && dialer_.free_at() > shared_.clock.Now()) {
      refused_ = true;
      return StartResult::kNoRoom;
    }
    int status = 0;
    connection = Open(status);
    if (connection == nullptr) {
      PlaceOf(waiting.id) = Place();
      deferred_.push_back({waiting.id, ConnectError(status)});
      return StartResult::kConnecting;
    }
  }
  connection->Wait(waiting);
  PlaceOf(waiting.id).connection = connection;
  return StartResult::kConnecting;
}

// The peer has not begun it and will not.
void Http2Transport::TakeBack(const Waiting& waiting) {
  Place& place = PlaceOf(waiting.id);
  if (place.returns == kReturnsMax) {
    place = Place();
    events_.OnBroken(waiting.id, RequestError::kStreamRefused, shared_.clock.Now());
    return;
  }
  place.connection = nullptr;
  place.stream = 0;
  place.waited = false;
  ++place.returns;
  returned_.push_back(waiting);
}

// Call whenever room may have come, before the worker hears of it.
void Http2Transport::SendReturned() {
  while (!returned_.empty()) {
    const Waiting next = returned_.front();
    if (!CarryNow(next) && WaitForConnection(next) == StartResult::kNoRoom) {
      return;
    }
    returned_.pop_front();
  }
}

void Http2Transport::Cancel(ExchangeId id) {
  const Place place = std::exchange(PlaceOf(id), Place());
  if (place.connection == nullptr) {
    std::erase_if(deferred_, [id](const Deferred& deferred) { return deferred.id == id; });
    std::erase_if(returned_, [id](const Waiting& returned) { return returned.id == id; });
  } else if (place.stream == 0) {
    place.connection->StopWaiting(id);
  } else {
    place.connection->session().Cancel(place.stream);
    Offer(*place.connection);
    Touch(*place.connection);
  }
  SendReturned();
}

std::uint64_t Http2Transport::retransmits() const {
  std::uint64_t sum = shared_.closed_retransmits;
  for (const std::unique_ptr<Connection>& connection : connections_) {
    sum += connection->retransmits();
  }
  return sum;
}

void Http2Transport::DeliverDeferred() {
  if (refused_ && dialer_.free_at() <= shared_.clock.Now()) {
    refused_ = false;
    SendReturned();
    events_.OnCapacity(shared_.clock.Now());
  }
  if (deferred_.empty()) {
    return;
  }
  // From a copy: the worker may start again and break again at once.
  std::vector<Deferred> now_due;
  now_due.swap(deferred_);
  for (const Deferred& deferred : now_due) {
    events_.OnBroken(deferred.id, deferred.error, shared_.clock.Now());
  }
}

void Http2Transport::Offer(Connection& connection) {
  if (!connection.roomy && !connection.closed() && connection.session().HasRoom() &&
      connection.waiting() == 0) {
    connection.roomy = true;
    roomy_.push_back(&connection);
  }
}

void Http2Transport::Remove(Connection& connection) {
  connection.Close();
  std::erase(connecting_, &connection);
  std::erase(roomy_, &connection);
  std::erase(touched_, &connection);
  if (connection.preconnecting) {
    connection.preconnecting = false;
    --preconnecting_;
  }
  const auto found =
      std::find_if(connections_.begin(), connections_.end(),
                   [&connection](const auto& each) { return each.get() == &connection; });
  WEIR_CHECK(found != connections_.end());
  // Its own code may be running.
  gone_.push_back(std::move(*found));
  *found = std::move(connections_.back());
  connections_.pop_back();
}

void Http2Transport::Touch(Connection& connection) {
  if (!connection.touched) {
    connection.touched = true;
    touched_.push_back(&connection);
  }
}

void Http2Transport::FlushTouched() {
  for (Connection* connection : touched_) {
    connection->touched = false;
    connection->Flush();
  }
  touched_.clear();
  gone_.clear();
}

}  // namespace weir::loadgen
