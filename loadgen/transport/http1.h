#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <uv.h>

#include "base/clock.h"
#include "loadgen/response_parser.h"
#include "loadgen/transport/arrival_clock.h"
#include "loadgen/transport/dialer.h"
#include "loadgen/transport/socket_poll.h"
#include "loadgen/transport/tls.h"
#include "loadgen/transport/worker_transport.h"

namespace weir::loadgen {

/// HTTP/1.1 over libuv sockets: one request at a time on each connection, kept alive, most
/// recently used first; or several, whose answers come in their order (pipelining, RFC
/// 9112, 9.3.2). In steady state an exchange costs one write (from the callback of the read) and
/// one read, no epoll_ctl and no allocation. With TLS the same, one record each way.
///
/// Of a pipeline, the exchanges behind one that breaks, times out or whose answer ends the
/// connection break too, with kClosedEarly (or as the first did, when it was a reset); none is sent
/// again.
///
/// Thread rule: the thread of `sockets`. The destructor closes every connection and runs the loop
/// until they are gone, so it must not be called from a callback.
class Http1Transport final : public WorkerTransport {
 public:
  struct Options {
    Dialer::Options dialer;
    std::uint32_t connections_max = 1;
    std::uint32_t requests_max = 0;  ///< Of one connection, then it is closed; 0 = no limit.
    Nanos lifetime{0};               ///< An older one carries no further request; 0 = no limit.
    TlsContext* tls = nullptr;       ///< Null = cleartext.
    std::uint32_t pipeline = 1;  ///< Requests on one connection at a time. A connection that may
                                 ///< be opened comes before a second request on one. > 0.
  };

  /// All references must outlive the transport.
  Http1Transport(SocketPoll& sockets, const Options& options, const Clock& clock,
                 TransportEvents& events);
  Http1Transport(const Http1Transport&) = delete;
  Http1Transport& operator=(const Http1Transport&) = delete;
  ~Http1Transport() override;

  /// In waves of kOpeningMax.
  std::uint32_t Preconnect(std::uint32_t count) override;

  std::uint32_t preconnecting() const override { return preconnecting_; }

  StartResult Start(ExchangeId id, const PreparedRequest& request) override;
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
  // More would overflow the target's queue of connections not yet accepted, which costs a second
  // each; and what opening needs would all be in memory at once.
  static constexpr std::uint32_t kOpeningMax = 256;
  static constexpr std::size_t kReadBufferBytes = 64 * 1024;
  static constexpr int kReadsMax = 8;  ///< Of one connection before others have their turn.
  static constexpr ExchangeId kNoExchange = UINT32_MAX;
  static constexpr std::uint32_t kNoPlace = UINT32_MAX;

  struct PendingWrite {
    uv_write_t request{};
    std::string ciphertext;  ///< With TLS; a request in cleartext lives long enough by itself.
  };

  // What only a connection has that may carry several requests.
  struct Pipeline {
    struct Waiting {
      ExchangeId id = kNoExchange;
      const PreparedRequest* request = nullptr;
      Instant written{};
    };

    std::vector<Waiting> waiting;    ///< Behind the one whose answer is read; oldest first.
    std::uint32_t place = kNoPlace;  ///< In roomy_.
  };

  // What an exchange touches comes first and close together: ten thousand connections do not fit
  // into a cache, and what the kernel touches for each has emptied it. Not aligned to a cache line:
  // that costs the allocator up to another line for each.
  struct Connection final : SocketPoll::Listener {
    enum class State : std::uint8_t { kConnecting, kIdle, kBusy };

    void OnReadable(bool is_last) override { owner->Readable(*this, is_last); }

    Http1Transport* owner = nullptr;
    const PreparedRequest* request = nullptr;
    int fd = -1;  ///< Of tcp, once connected.
    ExchangeId exchange = kNoExchange;
    State state = State::kConnecting;
    bool closing = false;       ///< Given back to the loop, which frees it later.
    bool watched = false;       ///< By sockets_.
    bool peer_ended = false;    ///< What is read now is the last: no further request.
    std::uint32_t answers = 0;  ///< That it has brought.
    Instant written{};
    Instant first_byte{};
    std::unique_ptr<TlsSession> tls;  ///< Null in cleartext.
    ResponseParser parser;
    std::unique_ptr<OpeningTimes> opening;  ///< Until the first answer is whole.
    std::unique_ptr<PendingWrite> write;    ///< While the kernel has not taken the whole request.
    std::unique_ptr<Pipeline> pipeline;     ///< Null unless options_.pipeline > 1.
    std::uint32_t index = 0;                ///< In connections_.
    Instant opened{};                       ///< While TLS is being negotiated: when TCP was there.
    Dialer::Attempt* attempt = nullptr;     ///< Until connected.
    uv_tcp_t tcp{};
  };

  struct Deferred {
    ExchangeId id = 0;
    RequestError error = RequestError::kNone;
  };

  static void OnDialled(void* context, int status, const OpeningTimes& times);
  static void OnWritten(uv_write_t* request, int status);
  static void OnClosed(uv_handle_t* handle);

  /// 0 or a libuv error.
  int Open(ExchangeId id, const PreparedRequest* request);
  Connection* TakeIdle();
  void Close(Connection& connection);
  /// 0 or a libuv error; on error the connection has been closed.
  int Send(Connection& connection);
  int SendBytes(Connection& connection, std::string_view bytes);
  int SendRest(Connection& connection, std::string_view rest);
  int SendCiphertext(Connection& connection);
  bool FlushSession(Connection& connection);
  void Bind(Connection& connection, ExchangeId id, const PreparedRequest* request);
  void Connected(Connection& connection, int status);
  void Opened(Connection& connection);
  void NotOpened(Connection& connection, RequestError error);
  void Readable(Connection& connection, bool is_last);
  void ReceivedTls(Connection& connection, std::string_view data);
  void Received(Connection& connection, std::string_view data);
  void Ended(Connection& connection, int status);
  void Answered(Connection& connection, bool reusable);

  // In http1_pipeline.cc; none is called when options_.pipeline is 1.
  StartResult StartBehind(ExchangeId id, const PreparedRequest& request);
  void UpdateRoom(Connection& connection);
  void DropWaiting(Connection& connection, RequestError error);
  bool AnsweredFirst(Connection& connection);
  void Break(Connection& connection, RequestError error);

  SocketPoll& sockets_;
  const Options options_;
  const Clock& clock_;
  TransportEvents& events_;
  Dialer dialer_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;         ///< Most recently used at the back.
  std::vector<Connection*> by_exchange_;  ///< Who carries it; null = nobody.
  std::vector<Deferred> deferred_;
  std::vector<Connection*> roomy_;  ///< Busy, with room for another request.
  std::size_t next_roomy_ = 0;
  bool refused_ = false;  ///< A Start came before the dialer was free.
  std::uint32_t preconnecting_ = 0;
  std::uint32_t closing_ = 0;
  std::uint64_t closed_retransmits_ = 0;  ///< Of connections that are gone.
  ResponseParser::HeadMemo heads_;
  ArrivalClock arrivals_;
  WallTime stamp_{};  ///< Of what was read last.
  /// Every read is parsed before the next one begins, so all connections share it.
  std::array<char, kReadBufferBytes> read_buffer_{};
};

}  // namespace weir::loadgen
