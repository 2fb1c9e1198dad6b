#include "target/internal/connection.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <sys/socket.h>

namespace weir::target {
namespace {

uv_buf_t BufOf(std::string_view bytes) {
  // libuv's buffers are not const, but a write only reads them.
  return uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
}

void RefuseClient(uv_stream_t* listener) {
  auto* tcp = new uv_tcp_t;
  uv_tcp_init(listener->loop, tcp);
  uv_accept(listener, reinterpret_cast<uv_stream_t*>(tcp));
  uv_close(reinterpret_cast<uv_handle_t*>(tcp),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_tcp_t*>(handle); });
}

}  // namespace

void Connection::Accept(uv_stream_t* listener, Engine& engine) {
  if (engine.connections.size() >= kConnectionsMax) {
    ++engine.counters.connections_refused;
    RefuseClient(listener);
    return;
  }
  auto* connection = new Connection(engine);
  connection->engine_index_ = engine.connections.size();
  engine.connections.push_back(connection);
  uv_tcp_init(listener->loop, &connection->tcp_);
  connection->tcp_.data = connection;
  if (uv_accept(listener, connection->stream()) != 0) {
    ++engine.counters.connections_refused;
    connection->Close();
    return;
  }
  ++engine.counters.connections;
  connection->StartReading();
}

void Connection::StartReading() {
  reading_ = true;
  const auto give_buffer = [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto& shared = static_cast<Connection*>(handle->data)->engine_.read_buffer;
    *buffer = uv_buf_init(shared.data(), static_cast<unsigned>(shared.size()));
  };
  const auto on_read = [](uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
    static_cast<Connection*>(stream->data)->OnRead(count);
  };
  if (uv_read_start(stream(), give_buffer, on_read) != 0) {
    Close();
  }
}

void Connection::OnRead(ssize_t count) {
  if (count == 0) {
    return;
  }
  // A client that stops sending has left: half-closed ones get no answer that is still to wait.
  if (count < 0) {
    Close();
    return;
  }
  if (phase_ != Phase::kOpen) {
    return;
  }
  engine_.Tick();
  Parse(std::string_view(engine_.read_buffer.data(), static_cast<std::size_t>(count)));
  if (pending_.size() >= kPipelineMax) {
    uv_read_stop(stream());
    reading_ = false;
  }
  Flush();
}

void Connection::Parse(std::string_view input) {
  while (phase_ == Phase::kOpen && !input.empty()) {
    switch (parser_.Feed(input)) {
      case RequestParser::Event::kNeedMore:
        break;
      case RequestParser::Event::kWantsContinue:
        // A client that sent its body without waiting does not need to be told (RFC 9110, 10.1.1).
        if (input.empty()) {
          pending_.Push({.arrival = engine_.now,
                         .release = engine_.behaviour.stalls().Release(engine_.now),
                         .status = PendingAnswer::kContinue});
        }
        break;
      case RequestParser::Event::kRequest:
        OnRequest();
        break;
      case RequestParser::Event::kBad:
        OnMalformed();
        break;
    }
  }
}

void Connection::OnRequest() {
  const Request& request = parser_.request();
  const Plan plan = engine_.behaviour.Next(engine_.now, request.status_override);
  ++engine_.counters.requests;
  pending_.Push({.arrival = engine_.now,
                 .release = plan.release,
                 .planned = plan.planned,
                 .status = plan.status,
                 .persistence = request.persistence,
                 .body = request.answer_body});
  if (request.persistence == Persistence::kClose) {
    phase_ = Phase::kLast;
  }
}

void Connection::OnMalformed() {
  ++engine_.counters.requests;
  ++engine_.counters.malformed;
  pending_.Push({.arrival = engine_.now,
                 .release = engine_.behaviour.stalls().Release(engine_.now),
                 .status = parser_.bad_status(),
                 .persistence = Persistence::kClose});
  phase_ = Phase::kLast;
}

void Connection::OnDeadline() {
  if (phase_ == Phase::kLingering) {
    Close();
    return;
  }
  Flush();
}

/// Writes what is due, as of the engine's last clock reading.
void Connection::Flush() {
  while (answers_in_flight_ == 0 && !pending_.empty()) {
    Batch batch;
    GatherDue(batch);
    if (batch.answers == 0) {
      break;
    }
    const int written = uv_try_write(stream(), batch.bufs.data(), batch.buf_count);
    if (written < 0 && written != UV_EAGAIN) {
      Close();
      return;
    }
    const auto sent = static_cast<std::size_t>(std::max(written, 0));
    if (sent < batch.bytes) {
      WriteRest(batch, sent);
      return;
    }
    engine_.Tick();
    Complete(batch.answers);
  }
  Reschedule();
}

void Connection::GatherDue(Batch& batch) {
  const std::size_t answers_max = std::min(pending_.size(), kBatchMax);
  while (batch.answers < answers_max && pending_[batch.answers].release <= engine_.now) {
    const PendingAnswer& answer = pending_[batch.answers];
    const ResponseBytes bytes =
        answer.status == PendingAnswer::kContinue
            ? ResponseBook::Continue()
            : engine_.book.Find(answer.status, answer.persistence, answer.body);
    batch.bufs[batch.buf_count++] = BufOf(bytes.head);
    if (!bytes.body.empty()) {
      batch.bufs[batch.buf_count++] = BufOf(bytes.body);
    }
    batch.bytes += bytes.head.size() + bytes.body.size();
    ++batch.answers;
  }
}

/// The client is slower than its answers: libuv waits for it, one write at a time.
void Connection::WriteRest(Batch& batch, std::size_t sent) {
  unsigned first = 0;
  while (sent >= batch.bufs[first].len) {
    sent -= batch.bufs[first].len;
    ++first;
  }
  batch.bufs[first].base += sent;
  batch.bufs[first].len -= sent;
  answers_in_flight_ = batch.answers;
  const int error =
      uv_write(&write_request_, stream(), &batch.bufs[first], batch.buf_count - first,
               [](uv_write_t* request, int status) {
                 static_cast<Connection*>(request->handle->data)->OnRestWritten(status);
               });
  if (error != 0) {
    Close();
    return;
  }
  Reschedule();
}

void Connection::OnRestWritten(int status) {
  if (phase_ == Phase::kClosing) {
    return;
  }
  if (status != 0) {
    Close();
    return;
  }
  engine_.Tick();
  Complete(std::exchange(answers_in_flight_, 0));
  Flush();
}

/// Accounts for answers that have been written whole, as of the engine's last clock reading.
void Connection::Complete(std::size_t answers) {
  for (std::size_t i = 0; i < answers; ++i) {
    const PendingAnswer& answer = pending_.front();
    if (answer.status != PendingAnswer::kContinue) {
      ++engine_.counters.answered;
      if (engine_.truth != nullptr) {
        engine_.truth->Record({answer.arrival.time_since_epoch().count(),
                               (engine_.now - answer.arrival).count(), answer.planned.count(),
                               answer.status});
      }
    }
    pending_.Pop();
  }
  if (pending_.empty() && phase_ == Phase::kLast) {
    Linger();
  }
}

void Connection::Linger() {
  uv_os_fd_t fd = -1;
  if (uv_fileno(reinterpret_cast<uv_handle_t*>(&tcp_), &fd) == 0) {
    shutdown(fd, SHUT_WR);
  }
  phase_ = Phase::kLingering;
}

/// Restores what must hold between events: the place in the heap, and whether the client is read.
void Connection::Reschedule() {
  if (phase_ == Phase::kLingering) {
    if (!scheduled()) {
      engine_.deadlines.Schedule(*this, engine_.now + kLingerMax);
    }
  } else if (answers_in_flight_ > 0 || pending_.empty()) {
    engine_.deadlines.Remove(*this);
  } else if (!scheduled() || at() != pending_.front().release) {
    engine_.deadlines.Schedule(*this, pending_.front().release);
  }
  if (!reading_ && pending_.size() < kPipelineMax / 2) {
    StartReading();
  }
}

void Connection::Abandon() {
  for (; !pending_.empty(); pending_.Pop()) {
    const PendingAnswer& answer = pending_.front();
    if (answer.status == PendingAnswer::kContinue) {
      continue;
    }
    ++engine_.counters.abandoned;
    if (engine_.truth != nullptr) {
      engine_.truth->Record({answer.arrival.time_since_epoch().count(),
                             (engine_.now - answer.arrival).count(), answer.planned.count(), 0});
    }
  }
}

void Connection::Close() {
  if (phase_ == Phase::kClosing) {
    return;
  }
  phase_ = Phase::kClosing;
  if (!pending_.empty()) {
    engine_.Tick();
    Abandon();
  }
  engine_.deadlines.Remove(*this);
  Connection* last = engine_.connections.back();
  engine_.connections[engine_index_] = last;
  last->engine_index_ = engine_index_;
  engine_.connections.pop_back();
  uv_close(reinterpret_cast<uv_handle_t*>(&tcp_),
           [](uv_handle_t* handle) { delete static_cast<Connection*>(handle->data); });
}

}  // namespace weir::target
