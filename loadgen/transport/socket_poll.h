#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <sys/epoll.h>
#include <uv.h>

#include "base/result.h"

namespace weir::loadgen {

/// Waits for the connected sockets of a worker beside its libuv loop. Edge-triggered: the kernel
/// looks at a socket once for each arrival, where libuv has it looked at again after every read,
/// and says in the same event that the peer has ended the stream, so that one read per answer is
/// enough. All else (connecting, what a full socket left unsent, timers, programs) stays with
/// libuv, which runs when it has something to do.
///
/// Thread rule: the thread of the loop.
class SocketPoll {
 public:
  class Listener {
   public:
    /// The socket has something to read, or has failed. `is_last`: the peer has ended the stream or
    /// the connection is broken, so read until there is no more. Otherwise a read that leaves room
    /// in its buffer was the last one that is needed; whoever stops before that calls Again.
    virtual void OnReadable(bool is_last) = 0;

   protected:
    ~Listener() = default;
  };

  enum class Patience : std::uint8_t {
    kNone,  ///< Only what is there already.
    kWait,  ///< Until there is something.
  };

  /// `loop` must outlive it. Errors: kUnavailable (out of file descriptors).
  static Result<std::unique_ptr<SocketPoll>> Create(uv_loop_t& loop);
  SocketPoll(const SocketPoll&) = delete;
  SocketPoll& operator=(const SocketPoll&) = delete;
  ~SocketPoll();

  uv_loop_t& loop() { return loop_; }

  /// Watches a connected socket. 0 or an error of libuv's. From inside a Listener too.
  int Add(int fd, Listener& listener);

  /// Before the socket is closed. The listener must stay alive until the next turn of the loop:
  /// that may still be told of what was there before.
  void Remove(int fd);

  /// Something was left in the socket: the next turn tells of it once more.
  void Again(int fd, Listener& listener);

  /// One turn: waits as `patience` says, tells the listeners, and runs libuv if that is due. Not
  /// from inside a callback.
  void Turn(Patience patience);

 private:
  static constexpr std::size_t kEventsMax = 1024;

  SocketPoll(uv_loop_t& loop, int fd);

  uv_loop_t& loop_;
  const int fd_;
  std::size_t sockets_ = 0;
  std::array<epoll_event, kEventsMax> events_{};
};

}  // namespace weir::loadgen
