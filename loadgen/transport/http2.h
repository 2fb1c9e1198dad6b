#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include <uv.h>

#include "base/clock.h"
#include "loadgen/transport/dialer.h"
#include "loadgen/transport/http2_session.h"
#include "loadgen/transport/peer_stream.h"
#include "loadgen/transport/worker_transport.h"

namespace weir::loadgen {

/// HTTP/2 over libuv sockets, in cleartext with prior knowledge or under TLS with ALPN: many
/// streams on each connection, the most recently used connection with room first. What the streams
/// of a connection send in one turn of the loop leaves in one write.
///
/// A connection counts as open when the peer's SETTINGS are there, so that its limit of streams is
/// known before the first. Requests that the peer returns with its GOAWAY are sent again, on
/// another connection and before any other, up to kReturnsMax times; to the worker they are one
/// exchange that took longer. Thread rule: the thread of `loop`. The destructor closes every
/// connection and runs the loop until they are gone, so it must not be called from a callback.
class Http2Transport final : public WorkerTransport {
 public:
  struct Options {
    Dialer::Options dialer;
    std::uint32_t connections_max = 1;
    std::uint32_t streams_max = 100;  ///< Per connection; the peer may allow fewer.
    TlsContext* tls = nullptr;        ///< Null = cleartext; its ALPN must offer h2.
  };

  /// All references must outlive the transport.
  Http2Transport(uv_loop_t& loop, const Options& options, const Clock& clock,
                 TransportEvents& events);
  Http2Transport(const Http2Transport&) = delete;
  Http2Transport& operator=(const Http2Transport&) = delete;
  ~Http2Transport() override;

  std::uint32_t Preconnect(std::uint32_t count) override;

  std::uint32_t preconnecting() const override { return preconnecting_; }

  StartResult Start(ExchangeId id, const PreparedRequest& request) override;

  /// Resets the stream; its connection goes on.
  void Cancel(ExchangeId id) override;

  std::uint32_t connections() const override {
    return static_cast<std::uint32_t>(connections_.size());
  }

  void DeliverDeferred() override;

  std::uint64_t retransmits() const override;

  Instant deferred_at() const override {
    return !deferred_.empty() ? Instant::min() : refused_ ? dialer_.free_at() : Instant::max();
  }

 private:
  class Connection;

  /// A peer that returns everything would otherwise be tried without end.
  static constexpr std::uint8_t kReturnsMax = 8;

  struct Waiting {
    ExchangeId id = 0;
    const PreparedRequest* request = nullptr;
    bool is_sent = false;  ///< The worker knows it as sent: on a connection that returned it.
  };

  /// Where an exchange is: on a stream, or (stream 0) waiting for its connection to open, or
  /// (connection null) returned.
  struct Place {
    Connection* connection = nullptr;
    const PreparedRequest* request = nullptr;
    Http2Session::StreamId stream = 0;
    std::uint8_t returns = 0;
    bool waited = false;  ///< Its connection was opened for it.
  };

  struct Deferred {
    ExchangeId id = 0;
    RequestError error = RequestError::kNone;
  };

  /// Null and a libuv error when there is no room in this machine.
  Connection* Open(int& status);
  Connection* ConnectingWithRoom();
  void Offer(Connection& connection);
  bool CarryNow(const Waiting& waiting);
  void Carry(Connection& connection, const Waiting& waiting);
  StartResult WaitForConnection(const Waiting& waiting);
  void TakeBack(const Waiting& waiting);
  void SendReturned();
  void Remove(Connection& connection);
  void Touch(Connection& connection);
  void FlushTouched();
  Place& PlaceOf(ExchangeId id);

  PeerStream::Shared shared_;
  const Options options_;
  TransportEvents& events_;
  Dialer dialer_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> connecting_;
  std::vector<Connection*> roomy_;                 ///< Most recently used at the back.
  std::vector<Connection*> touched_;               ///< Have something to send.
  std::vector<std::unique_ptr<Connection>> gone_;  ///< Until the end of the turn.
  std::vector<Place> places_;                      ///< By exchange.
  std::deque<Waiting> returned_;                   ///< To be sent again; oldest first.
  std::vector<Deferred> deferred_;
  bool refused_ = false;  ///< A Start came before the dialer was free.
  std::uint32_t preconnecting_ = 0;
  uv_prepare_t before_poll_{};
  uv_check_t after_poll_{};
};

}  // namespace weir::loadgen
