#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <uv.h>

#include "base/clock.h"
#include "base/time.h"
#include "loadgen/prepared.h"
#include "loadgen/transport/address.h"

namespace weir::loadgen {

/// Opens the TCP connections of one worker: to which address, from which one, how often, and
/// whether the name is looked up for each. Knows no protocol. Thread of the loop.
class Dialer {
 public:
  struct Options {
    std::vector<SocketAddress> addresses;  ///< At least one; connections take them in turn.
    std::vector<SocketAddress> sources;  ///< To connect from, in turn; empty = the kernel chooses.
    bool resolve_each = false;           ///< Look `host` up for each connection instead.
    std::string host;
    std::uint16_t port = 0;
    Nanos open_gap{0};  ///< Between two connections, at least.
  };

  /// How an attempt ended: 0 or a libuv error, and what it took. Never called from inside Dial.
  using Done = void (*)(void* context, int status, const OpeningTimes& times);

  /// One connection in the making; owned by the dialer until its callback of libuv has come.
  struct Attempt;

  /// References must outlive it.
  Dialer(uv_loop_t& loop, Options options, const Clock& clock);
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;
  ~Dialer();

  /// When the next connection may be opened; in the past: now.
  Instant free_at() const { return free_at_; }

  /// Begins to connect `tcp`, which uv_tcp_init has made. 0 and `attempt`, or a libuv error, after
  /// which `done` is not called.
  int Dial(uv_tcp_t& tcp, Done done, void* context, Attempt*& attempt);

  /// `done` will not be called. Call before uv_close on its handle.
  static void Abandon(Attempt& attempt);

  /// Attempts whose callback has not come: the loop must run until there are none.
  std::uint32_t pending() const { return pending_; }

 private:
  static void OnLookup(uv_getaddrinfo_t* request, int status, addrinfo* found);
  static void OnConnect(uv_connect_t* request, int status);

  int Connect(Attempt& attempt, const SocketAddress& to);
  int BindToSource(uv_tcp_t& tcp);
  void End(Attempt* attempt, int status);

  uv_loop_t& loop_;
  const Options options_;
  const Clock& clock_;
  Instant free_at_ = Instant::min();
  std::uint64_t dialled_ = 0;
  std::uint32_t pending_ = 0;
};

}  // namespace weir::loadgen
