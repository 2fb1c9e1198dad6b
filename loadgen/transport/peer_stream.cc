#include "loadgen/transport/peer_stream.h"

#include <utility>

#include "base/check.h"
#include "loadgen/transport/socket_io.h"
#include "loadgen/transport/tcp_info.h"

namespace weir::loadgen {

RequestError ConnectError(int status) {
  switch (status) {
    case UV_EAI_AGAIN:
    case UV_EAI_FAIL:
    case UV_EAI_FAMILY:
    case UV_EAI_MEMORY:
    case UV_EAI_NODATA:
    case UV_EAI_NONAME:
      return RequestError::kDns;
    case UV_ECONNREFUSED:
      return RequestError::kConnectRefused;
    case UV_EMFILE:
    case UV_ENFILE:
      return RequestError::kNoDescriptor;
    case UV_EADDRNOTAVAIL:
    case UV_EADDRINUSE:
      return RequestError::kNoLocalPort;
    case UV_ENOBUFS:
    case UV_ENOMEM:
      return RequestError::kNoLocalResource;
    default:
      return RequestError::kConnectFailed;
  }
}

PeerStream& PeerStream::Of(const void* data) {
  return *static_cast<PeerStream*>(const_cast<void*>(data));
}

int PeerStream::Connect(Dialer& dialer) {
  if (const int status = uv_tcp_init(&shared_.loop, &tcp_); status != 0) {
    return status;
  }
  has_handle_ = true;
  tcp_.data = this;
  write_.data = this;
  return dialer.Dial(tcp_, &OnDialled, this, attempt_);
}

void PeerStream::OnDialled(void* context, int status, const OpeningTimes& times) {
  PeerStream& self = Of(context);
  self.attempt_ = nullptr;
  self.opening_ = times;
  self.Connected(status);
}

void PeerStream::Connected(int status) {
  if (status == 0) {
    status = uv_fileno(reinterpret_cast<uv_handle_t*>(&tcp_), &fd_);
  }
  if (status == 0) {
    status = uv_read_start(reinterpret_cast<uv_stream_t*>(&tcp_), &NoBuffer, &OnRead);
  }
  if (status != 0) {
    End(ConnectError(status));
    return;
  }
  ArrivalClock::Watch(fd_);
  if (shared_.tls != nullptr) {
    connected_ = shared_.clock.Now();
    tls_ = std::make_unique<TlsSession>(*shared_.tls);
    FlushHandshake();
    return;
  }
  open_ = true;
  owner_->OnOpen();
}

void PeerStream::OnRead(uv_stream_t* stream, ssize_t length, const uv_buf_t*) {
  Of(stream->data).Readable(static_cast<int>(length));
}

void PeerStream::Readable(int status) {
  ssize_t got = status;
  for (int reads = 0; reads < kReadsMax && status == UV_ENOBUFS; ++reads) {
    got = ReadSocket(fd_, shared_.read_buffer, shared_.stamp);
    if (got < 0) {
      break;
    }
    Received({shared_.read_buffer.data(), static_cast<std::size_t>(got)});
    if (owner_ == nullptr) {
      return;
    }
    if (!owner_->AwaitsMore()) {
      break;
    }
  }
  if (got >= 0 || got == UV_EAGAIN) {
    owner_->OnReadDone();
  } else if (got == UV_EOF) {
    if (tls_ != nullptr) {
      tls_->OnEnd();
    }
    End(RequestError::kClosedEarly);
  } else {
    End(RequestError::kReset);
  }
}

void PeerStream::Received(std::string_view data) {
  if (tls_ != nullptr) {
    ReceivedTls(data);
  } else {
    owner_->OnBytes(data);
  }
}

void PeerStream::ReceivedTls(std::string_view data) {
  tls_->Feed(data);
  FlushHandshake();
  if (!open_ && tls_->state() == TlsSession::State::kOpen) {
    open_ = true;
    opening_.tls = shared_.clock.Now() - connected_;
    owner_->OnOpen();
  }
  while (owner_ != nullptr) {
    const std::string_view plain = tls_->Read();
    if (plain.empty()) {
      break;
    }
    owner_->OnBytes(plain);
  }
  if (owner_ == nullptr) {
    return;
  }
  if (tls_->state() == TlsSession::State::kFailed) {
    End(tls_->error());
  } else if (tls_->state() == TlsSession::State::kClosed) {
    End(RequestError::kClosedEarly);
  }
}

// Flights of the handshake, alerts and answers to key updates leave at once.
void PeerStream::FlushHandshake() {
  if (!tls_->output().empty()) {
    Send(tls_->output());
  }
}

void PeerStream::End(RequestError error) {
  if (tls_ != nullptr && tls_->state() == TlsSession::State::kFailed) {
    error = tls_->error();
  }
  if (owner_ != nullptr) {
    owner_->OnEnd(error);
  }
}

void PeerStream::Flush() {
  if (!open_ || out_.empty() || !sending_.empty()) {
    return;
  }
  if (tls_ == nullptr) {
    Send(out_);
    return;
  }
  if (tls_->state() == TlsSession::State::kOpen) {
    tls_->Write(out_);
    Send(tls_->output());
  }
  out_.clear();
}

// Takes the bytes away.
void PeerStream::Send(std::string& bytes) {
  if (!sending_.empty()) {
    // Only a handshake message that crosses a pending write; it leaves with the next one.
    return;
  }
  const ssize_t taken = SendSocket(fd_, bytes);
  if (taken < 0 || taken == static_cast<ssize_t>(bytes.size())) {
    // Of a failure the read side tells.
    bytes.clear();
    return;
  }
  sending_.swap(bytes);
  bytes.clear();
  const auto sent = static_cast<std::size_t>(taken);
  uv_buf_t rest =
      uv_buf_init(sending_.data() + sent, static_cast<unsigned>(sending_.size() - sent));
  auto* stream = reinterpret_cast<uv_stream_t*>(&tcp_);
  if (uv_write(&write_, stream, &rest, 1, &OnWritten) != 0) {
    sending_.clear();
  }
}

void PeerStream::OnWritten(uv_write_t* request, int status) {
  PeerStream& self = Of(request->data);
  self.sending_.clear();
  if (status != 0 || self.owner_ == nullptr) {
    return;
  }
  if (self.tls_ != nullptr) {
    self.FlushHandshake();
  }
  self.Flush();
}

std::uint32_t PeerStream::retransmits() const {
  return fd_ >= 0 ? RetransmitsOf(fd_) : 0;
}

void PeerStream::Close(std::unique_ptr<PeerStream> stream) {
  WEIR_CHECK(stream->owner_ != nullptr);
  stream->owner_ = nullptr;
  if (stream->attempt_ != nullptr) {
    Dialer::Abandon(*std::exchange(stream->attempt_, nullptr));
  }
  if (!stream->has_handle_) {
    return;
  }
  stream->shared_.closed_retransmits += stream->retransmits();
  ++stream->shared_.closing;
  uv_close(reinterpret_cast<uv_handle_t*>(&stream.release()->tcp_), [](uv_handle_t* handle) {
    const std::unique_ptr<PeerStream> gone(&Of(handle->data));
    --gone->shared_.closing;
  });
}

}  // namespace weir::loadgen
