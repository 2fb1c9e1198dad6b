#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <uv.h>

#include "base/clock.h"
#include "base/run.h"
#include "base/time.h"
#include "loadgen/transport/arrival_clock.h"
#include "loadgen/transport/dialer.h"
#include "loadgen/transport/tls.h"

namespace weir::loadgen {

/// What failing to look up or to connect with a libuv status means.
RequestError ConnectError(int status);

/// A TCP connection to the target, under TLS when its worker has a context: bytes in, bytes out.
/// Whoever owns it sees plaintext only. Writes are gathered: everything put into out() since the
/// last Flush leaves in one system call. Thread rule: the thread of the loop.
class PeerStream {
 public:
  /// Called from the loop, never from inside Connect, Flush or Close; not after Close.
  class Owner {
   public:
    virtual ~Owner() = default;

    /// Connected, and the TLS handshake is done. Bytes may have come with it.
    virtual void OnOpen() = 0;

    /// Plaintext; valid during the call.
    virtual void OnBytes(std::string_view bytes) = 0;

    /// Everything that was there has been handed over: time to answer it in one write.
    virtual void OnReadDone() = 0;

    /// Whether more may have come meanwhile, and is worth another read before OnReadDone.
    virtual bool AwaitsMore() const = 0;

    /// Nothing more will come: the peer closed (kClosedEarly), or the error. The owner closes.
    virtual void OnEnd(RequestError error) = 0;
  };

  /// What the streams of one worker share. Must outlive them; see closing.
  struct Shared {
    static constexpr std::size_t kReadBufferBytes = 64 * 1024;
    uv_loop_t& loop;
    const Clock& clock;
    TlsContext* tls = nullptr;  ///< Null = cleartext.
    ArrivalClock arrivals{clock};
    WallTime stamp{};  ///< When what was read last arrived, for `arrivals`.
    /// Streams given back to the loop and not gone yet: run the loop until there are none.
    std::uint32_t closing = 0;
    std::uint64_t closed_retransmits = 0;  ///< Of streams that are closed.
    /// Every read is dealt with before the next one begins, so all streams share it.
    std::array<char, kReadBufferBytes> read_buffer{};
  };

  PeerStream(Shared& shared, Owner& owner) : shared_(shared), owner_(&owner) {}

  PeerStream(const PeerStream&) = delete;
  PeerStream& operator=(const PeerStream&) = delete;

  /// Begins to connect. 0 or a libuv error, after which it can only be closed. `dialer` must
  /// outlive the attempt: see Dialer::pending.
  int Connect(Dialer& dialer);

  /// Plaintext to be sent by the next Flush.
  std::string& out() { return out_; }

  /// Sends what out() holds, as soon as the stream is open and the kernel has room. A failure to
  /// send shows as the end of the stream.
  void Flush();

  /// Bytes that the kernel has not taken yet.
  std::size_t unsent() const { return out_.size() + sending_.size(); }

  /// What opening took. Complete once it is open.
  const OpeningTimes& opening() const { return opening_; }

  /// Null in cleartext and before the connection is there.
  const TlsSession* tls() const { return tls_.get(); }

  /// TCP segments sent again so far; a system call.
  std::uint32_t retransmits() const;

  /// Gives it to the loop, which frees it in a later turn. Its memory is valid until then, so this
  /// may be called from the owner's callbacks.
  static void Close(std::unique_ptr<PeerStream> stream);

 private:
  static PeerStream& Of(const void* data);
  static void OnDialled(void* context, int status, const OpeningTimes& times);
  static void OnRead(uv_stream_t* stream, ssize_t length, const uv_buf_t* buffer);
  static void OnWritten(uv_write_t* request, int status);

  void Connected(int status);
  /// The socket has something, or libuv has an error to tell.
  void Readable(int status);
  void Received(std::string_view data);
  void ReceivedTls(std::string_view data);
  void FlushHandshake();
  void Send(std::string& bytes);
  void End(RequestError error);

  static constexpr int kReadsMax = 8;  ///< Before other connections have their turn.

  Shared& shared_;
  Owner* owner_;  ///< Null once closed.
  uv_tcp_t tcp_{};
  int fd_ = -1;                         ///< Of tcp_, once connected.
  Dialer::Attempt* attempt_ = nullptr;  ///< Until connected.
  uv_write_t write_{};
  std::unique_ptr<TlsSession> tls_;
  std::string out_;
  std::string sending_;  ///< Given to the kernel by uv_write; empty = nothing is pending.
  OpeningTimes opening_;
  Instant connected_{};
  bool has_handle_ = false;
  bool open_ = false;
};

}  // namespace weir::loadgen
