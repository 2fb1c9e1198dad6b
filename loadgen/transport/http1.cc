#include "loadgen/transport/http1.h"

#include <algorithm>
#include <utility>

#include <sys/socket.h>

#include "base/check.h"
#include "loadgen/transport/peer_stream.h"
#include "loadgen/transport/socket_io.h"
#include "loadgen/transport/tcp_info.h"

namespace weir::loadgen {
namespace {

// Whether the peer has reset the connection. libuv reports an end of the stream when the reset
// comes together with the last bytes; a body that ends with the connection would then look whole.
bool WasReset(int fd) {
  int error = 0;
  socklen_t length = sizeof(error);
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error != 0;
}

}  // namespace

Http1Transport::Http1Transport(SocketPoll& sockets, const Options& options, const Clock& clock,
                               TransportEvents& events)
    : sockets_(sockets),
      options_(options),
      clock_(clock),
      events_(events),
      dialer_(sockets.loop(), options.dialer, clock),
      arrivals_(clock) {}

Http1Transport::~Http1Transport() {
  while (!connections_.empty()) {
    Close(*connections_.back());
  }
  while (closing_ > 0 || dialer_.pending() > 0) {
    sockets_.Turn(SocketPoll::Patience::kWait);
  }
}

std::uint32_t Http1Transport::Preconnect(std::uint32_t count) {
  std::uint32_t begun = 0;
  while (begun < count && connections_.size() < options_.connections_max &&
         preconnecting_ < kOpeningMax) {
    if (dialer_.free_at() > clock_.Now() || Open(kNoExchange, nullptr) != 0) {
      break;
    }
    ++begun;
  }
  return begun;
}

Transport::StartResult Http1Transport::Start(ExchangeId id, const PreparedRequest& request) {
  if (Connection* connection = TakeIdle()) {
    Bind(*connection, id, &request);
    if (Send(*connection) != 0) {
      deferred_.push_back({id, RequestError::kReset});
    }
    return StartResult::kSent;
  }
  if (connections_.size() >= options_.connections_max) {
    return roomy_.empty() ? StartResult::kNoRoom : StartBehind(id, request);
  }
  if (options_.dialer.open_gap > Nanos(0) && dialer_.free_at() > clock_.Now()) {
    refused_ = true;
    return roomy_.empty() ? StartResult::kNoRoom : StartBehind(id, request);
  }
  if (const int status = Open(id, &request); status != 0) {
    deferred_.push_back({id, ConnectError(status)});
  }
  return StartResult::kConnecting;
}

// The most recently used connection that may carry a request; what is too old is closed on the way.
Http1Transport::Connection* Http1Transport::TakeIdle() {
  while (!idle_.empty()) {
    Connection& connection = *idle_.back();
    if (options_.lifetime == Nanos(0) || clock_.Now() - connection.opened < options_.lifetime) {
      idle_.pop_back();
      return &connection;
    }
    Close(connection);
  }
  return nullptr;
}

void Http1Transport::Cancel(ExchangeId id) {
  if (id < by_exchange_.size() && by_exchange_[id] != nullptr) {
    Connection& connection = *by_exchange_[id];
    const ExchangeId first = connection.exchange;
    Close(connection);
    if (connection.pipeline == nullptr) {
      return;
    }
    if (first != id) {
      deferred_.push_back({first, RequestError::kClosedEarly});
    }
  }
  std::erase_if(deferred_, [id](const Deferred& deferred) { return deferred.id == id; });
}

void Http1Transport::DeliverDeferred() {
  if (refused_ && dialer_.free_at() <= clock_.Now()) {
    refused_ = false;
    events_.OnCapacity(clock_.Now());
  }
  if (deferred_.empty()) {
    return;
  }
  // By index and from a copy: the worker may start again and break again at once.
  std::vector<Deferred> now_due;
  now_due.swap(deferred_);
  for (const Deferred& deferred : now_due) {
    events_.OnBroken(deferred.id, deferred.error, clock_.Now());
  }
}

void Http1Transport::Bind(Connection& connection, ExchangeId id, const PreparedRequest* request) {
  connection.exchange = id;
  connection.request = request;
  if (id == kNoExchange) {
    return;
  }
  if (id >= by_exchange_.size()) {
    by_exchange_.resize(std::max<std::size_t>(id + std::size_t{1}, by_exchange_.size() * 2));
  }
  by_exchange_[id] = &connection;
}

std::uint64_t Http1Transport::retransmits() const {
  std::uint64_t sum = closed_retransmits_;
  for (const std::unique_ptr<Connection>& connection : connections_) {
    sum += connection->fd >= 0 ? RetransmitsOf(connection->fd) : 0;
  }
  return sum;
}

int Http1Transport::Open(ExchangeId id, const PreparedRequest* request) {
  auto owned = std::make_unique<Connection>();
  Connection& connection = *owned;
  connection.owner = this;
  connection.tcp.data = &connection;
  connection.parser.ShareHeads(&heads_);
  const int status = uv_tcp_init(&sockets_.loop(), &connection.tcp);
  if (status != 0) {
    return status;
  }
  connection.index = static_cast<std::uint32_t>(connections_.size());
  connections_.push_back(std::move(owned));
  Bind(connection, id, request);
  preconnecting_ += id == kNoExchange ? 1 : 0;
  const int dialling = dialer_.Dial(connection.tcp, &OnDialled, &connection, connection.attempt);
  if (dialling != 0) {
    Close(connection);
  }
  return dialling;
}

void Http1Transport::Close(Connection& connection) {
  if (connection.state == Connection::State::kIdle) {
    // From the back, where those lie that were just used or are too old.
    idle_.erase(std::find(idle_.rbegin(), idle_.rend(), &connection).base() - 1);
  } else if (connection.exchange != kNoExchange) {
    by_exchange_[connection.exchange] = nullptr;
  } else {
    --preconnecting_;
  }
  if (connection.pipeline != nullptr) {
    DropWaiting(connection, RequestError::kClosedEarly);
  }
  if (connection.attempt != nullptr) {
    Dialer::Abandon(*std::exchange(connection.attempt, nullptr));
  }
  closed_retransmits_ += connection.fd >= 0 ? RetransmitsOf(connection.fd) : 0;
  if (connection.watched) {
    sockets_.Remove(connection.fd);
  }
  // libuv writes to the handle until its close callback: from here on that callback owns it.
  std::unique_ptr<Connection> owned = std::move(connections_[connection.index]);
  connections_[connection.index] = std::move(connections_.back());
  connections_.pop_back();
  if (owned->index < connections_.size()) {
    connections_[owned->index]->index = owned->index;
  }
  ++closing_;
  owned->closing = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&owned.release()->tcp), &OnClosed);
}

void Http1Transport::OnClosed(uv_handle_t* handle) {
  const std::unique_ptr<Connection> connection(static_cast<Connection*>(handle->data));
  --connection->owner->closing_;
}

int Http1Transport::Send(Connection& connection) {
  connection.state = Connection::State::kBusy;
  const PreparedRequest& request = *connection.request;
  connection.parser.Begin(
      {request.is_head, request.check.needs_head(), request.check.needs_body()});
  int status = 0;
  if (connection.tls == nullptr) {
    status = SendBytes(connection, request.bytes);
  } else {
    connection.tls->Write(request.bytes);
    if (connection.tls->state() != TlsSession::State::kOpen) {
      Close(connection);
      return UV_EPROTO;
    }
    status = SendCiphertext(connection);
  }
  // Of a connection that was just closed too: the loop frees it later.
  connection.written = clock_.Now();
  if (options_.pipeline > 1 && status == 0) {
    UpdateRoom(connection);
  }
  return status;
}

int Http1Transport::SendBytes(Connection& connection, std::string_view bytes) {
  const ssize_t taken = SendSocket(connection.fd, bytes);
  if (taken == static_cast<ssize_t>(bytes.size())) {
    return 0;
  }
  if (taken < 0) {
    Close(connection);
    return UV_ECONNRESET;
  }
  return SendRest(connection, bytes.substr(static_cast<std::size_t>(taken)));
}

int Http1Transport::SendRest(Connection& connection, std::string_view rest) {
  connection.write = std::make_unique<PendingWrite>();
  PendingWrite& write = *connection.write;
  write.request.data = &connection;
  if (connection.tls != nullptr) {
    // The session goes on writing where these bytes are.
    write.ciphertext = rest;
    rest = write.ciphertext;
  }
  // libuv does not write through the pointer; its buffers are just not const.
  const uv_buf_t buffer =
      uv_buf_init(const_cast<char*>(rest.data()), static_cast<unsigned>(rest.size()));
  const int status = uv_write(&write.request, reinterpret_cast<uv_stream_t*>(&connection.tcp),
                              &buffer, 1, &OnWritten);
  if (status < 0) {
    Close(connection);
  }
  return std::min(status, 0);
}

// What waits in the output of the session; while a write is pending it goes on waiting.
int Http1Transport::SendCiphertext(Connection& connection) {
  std::string& output = connection.tls->output();
  if (output.empty() || connection.write != nullptr) {
    return 0;
  }
  const int status = SendBytes(connection, output);
  output.clear();
  return status;
}

// The session's own messages: flights of the handshake, alerts. False when the connection broke.
bool Http1Transport::FlushSession(Connection& connection) {
  const ExchangeId id = connection.exchange;
  if (SendCiphertext(connection) == 0) {
    return true;
  }
  if (id != kNoExchange) {
    events_.OnBroken(id, RequestError::kReset, clock_.Now());
  }
  return false;
}

void Http1Transport::OnWritten(uv_write_t* request, int status) {
  auto& connection = *static_cast<Connection*>(request->data);
  connection.write.reset();
  connection.written = connection.owner->clock_.Now();
  if (status == UV_ECANCELED || connection.closing) {
    return;
  }
  if (status < 0) {
    connection.owner->Ended(connection, status);
  } else if (connection.tls != nullptr) {
    connection.owner->FlushSession(connection);
  }
  if (connection.pipeline != nullptr && !connection.closing) {
    connection.owner->UpdateRoom(connection);
    connection.owner->events_.OnCapacity(connection.owner->clock_.Now());
  }
}

void Http1Transport::OnDialled(void* context, int status, const OpeningTimes& times) {
  auto& connection = *static_cast<Connection*>(context);
  connection.attempt = nullptr;
  connection.opening = std::make_unique<OpeningTimes>(times);
  connection.owner->Connected(connection, status);
}

void Http1Transport::Connected(Connection& connection, int status) {
  if (status == 0) {
    status = uv_fileno(reinterpret_cast<uv_handle_t*>(&connection.tcp), &connection.fd);
  }
  if (status == 0) {
    status = sockets_.Add(connection.fd, connection);
    connection.watched = status == 0;
  }
  if (status != 0) {
    NotOpened(connection, ConnectError(status));
    return;
  }
  ArrivalClock::Watch(connection.fd);
  connection.opened = clock_.Now();
  if (options_.tls == nullptr) {
    Opened(connection);
  } else {
    connection.tls = std::make_unique<TlsSession>(*options_.tls);
    FlushSession(connection);
  }
}

void Http1Transport::NotOpened(Connection& connection, RequestError error) {
  const ExchangeId id = connection.exchange;
  Close(connection);
  if (id != kNoExchange) {
    events_.OnBroken(id, error, clock_.Now());
  }
}

void Http1Transport::Opened(Connection& connection) {
  const ExchangeId id = connection.exchange;
  const Instant now = clock_.Now();
  if (connection.tls != nullptr) {
    connection.opening->tls = now - connection.opened;
    connection.opened = now;
  }
  if (id == kNoExchange) {
    --preconnecting_;
    connection.opening.reset();
    connection.state = Connection::State::kIdle;
    idle_.push_back(&connection);
    events_.OnCapacity(now);
    return;
  }
  events_.OnSent(id, now);
  if (Send(connection) != 0) {
    events_.OnBroken(id, RequestError::kReset, clock_.Now());
  } else if (options_.pipeline > 1) {
    events_.OnCapacity(clock_.Now());
  }
}

void Http1Transport::Readable(Connection& connection, bool is_last) {
  connection.peer_ended = is_last;
  if (is_last && connection.pipeline != nullptr && !connection.closing) {
    UpdateRoom(connection);
  }
  for (int reads = 0; reads < kReadsMax && !connection.closing; ++reads) {
    const ssize_t got = ReadSocket(connection.fd, read_buffer_, stamp_);
    if (got == UV_EAGAIN) {
      return;
    }
    if (got < 0) {
      Ended(connection, static_cast<int>(got));
      return;
    }
    const std::string_view data(read_buffer_.data(), static_cast<std::size_t>(got));
    if (connection.tls == nullptr) {
      Received(connection, data);
    } else {
      ReceivedTls(connection, data);
    }
    // Only a buffer that was filled leaves something behind, or a stream that has ended.
    if (data.size() < read_buffer_.size() && !is_last) {
      return;
    }
  }
  if (!connection.closing) {
    sockets_.Again(connection.fd, connection);
  }
}

void Http1Transport::ReceivedTls(Connection& connection, std::string_view data) {
  TlsSession& tls = *connection.tls;
  const bool was_open = tls.state() == TlsSession::State::kOpen;
  tls.Feed(data);
  if (!FlushSession(connection)) {
    return;
  }
  if (!was_open && tls.state() == TlsSession::State::kOpen) {
    Opened(connection);
  }
  while (!connection.closing) {
    const std::string_view plain = tls.Read();
    if (plain.empty()) {
      break;
    }
    Received(connection, plain);
  }
  if (connection.closing) {
    return;
  }
  if (tls.state() == TlsSession::State::kClosed) {
    Ended(connection, UV_EOF);
  } else if (tls.state() == TlsSession::State::kFailed) {
    Ended(connection, UV_EPROTO);
  }
}

void Http1Transport::Received(Connection& connection, std::string_view data) {
  if (connection.state != Connection::State::kBusy) {
    // Bytes that answer nothing: whatever comes next on this connection cannot be trusted.
    Close(connection);
    return;
  }
  while (true) {
    const bool is_first = !connection.parser.started();
    const ResponseParser::Progress progress = connection.parser.Feed(data);
    switch (progress.state) {
      case ResponseParser::State::kNeedMore:
        if (is_first) {
          connection.first_byte = arrivals_.At(stamp_, clock_.Now());
        }
        return;
      case ResponseParser::State::kDone:
        if (is_first) {
          connection.first_byte = Instant::max();
        }
        data.remove_prefix(progress.consumed);
        if (connection.pipeline != nullptr && !connection.pipeline->waiting.empty()) {
          // The next answer, if it has begun to come.
          if (AnsweredFirst(connection) && !data.empty()) {
            continue;
          }
          return;
        }
        Answered(connection, connection.parser.keep_alive() && !connection.peer_ended &&
                                 connection.write == nullptr && data.empty());
        return;
      case ResponseParser::State::kError:
        Break(connection, connection.parser.error());
        return;
    }
  }
}

void Http1Transport::Ended(Connection& connection, int status) {
  if (connection.tls != nullptr) {
    connection.tls->OnEnd();
  }
  const bool tls_failed =
      connection.tls != nullptr && connection.tls->state() == TlsSession::State::kFailed;
  if (connection.state == Connection::State::kConnecting) {
    NotOpened(connection, tls_failed ? connection.tls->error() : RequestError::kReset);
  } else if (connection.state == Connection::State::kBusy && tls_failed) {
    Break(connection, connection.tls->error());
  } else if (connection.state != Connection::State::kBusy) {
    Close(connection);
  } else if (status != UV_EOF || WasReset(connection.fd)) {
    Break(connection, RequestError::kReset);
  } else if (connection.parser.OnEnd() == ResponseParser::State::kDone) {
    Answered(connection, false);
  } else {
    Break(connection, connection.parser.error());
  }
}

void Http1Transport::Answered(Connection& connection, bool reusable) {
  const Instant now = clock_.Now();
  const ExchangeId id = connection.exchange;
  by_exchange_[id] = nullptr;
  const std::unique_ptr<OpeningTimes> opening = std::move(connection.opening);
  const Answer answer{connection.parser.status(), connection.parser.head(),
                      connection.parser.body(), connection.parser.bytes(),
                      ExchangeTimes{connection.written, connection.first_byte,
                                    arrivals_.At(stamp_, now), opening.get()}};
  ++connection.answers;
  if (reusable && connection.answers != options_.requests_max) {
    connection.exchange = kNoExchange;
    connection.state = Connection::State::kIdle;
    idle_.push_back(&connection);
    if (connection.pipeline != nullptr) {
      UpdateRoom(connection);
    }
  } else {
    // Freed by the loop, not here, so the answer's views stay valid for the call below.
    Close(connection);
  }
  events_.OnAnswer(id, answer, now);
}

void Http1Transport::Break(Connection& connection, RequestError error) {
  const ExchangeId id = connection.exchange;
  if (connection.pipeline != nullptr && error == RequestError::kReset) {
    DropWaiting(connection, error);
  }
  Close(connection);
  events_.OnBroken(id, error, clock_.Now());
}

}  // namespace weir::loadgen
