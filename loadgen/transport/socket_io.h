#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <span>
#include <string_view>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

#include "base/time.h"

namespace weir::loadgen {

/// The uv_alloc_cb of streams that read for themselves: without a buffer libuv does not read, but
/// says UV_ENOBUFS to the read callback whenever the socket has something. A read of one's own
/// learns when it arrived, and may go on until there is no more.
inline void NoBuffer(uv_handle_t* /*handle*/, std::size_t /*suggested*/, uv_buf_t* buffer) {
  *buffer = uv_buf_init(nullptr, 0);
}

// The calls themselves, not recvmsg and send of the C library: those are points of cancellation,
// which costs a process with threads four atomic writes per exchange, and nobody cancels ours.

/// Reads what the socket has: the number of bytes, UV_EAGAIN when it has none, UV_EOF, or another
/// error of libuv's. `stamp`: when the last of the bytes arrived, by the kernel; WallTime() where
/// the socket has no stamps (ArrivalClock::Watch), or nothing was read. Never blocks.
inline ssize_t ReadSocket(int fd, std::span<char> into, WallTime& stamp) {
  stamp = WallTime();
  iovec buffer{into.data(), into.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control{};
  msghdr message{};
  message.msg_iov = &buffer;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = syscall(SYS_recvmsg, fd, &message, MSG_DONTWAIT);
  if (got <= 0) {
    return got == 0 ? UV_EOF : errno == EINTR ? UV_EAGAIN : -errno;
  }
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_level == SOL_SOCKET &&
      header->cmsg_type == SO_TIMESTAMPNS) {
    timespec at{};
    std::memcpy(&at, CMSG_DATA(header), sizeof(at));
    stamp = WallTime(std::chrono::seconds(at.tv_sec) + Nanos(at.tv_nsec));
  }
  return got;
}

/// Gives the socket what it takes at once: the number of bytes, 0 when it has no room, or an error
/// of libuv's. Only while libuv has nothing queued for it: uv_try_write would look for that first,
/// and send is cheaper than the write that it uses. Never blocks.
inline ssize_t SendSocket(int fd, std::string_view bytes) {
  const ssize_t taken =
      syscall(SYS_sendto, fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL, nullptr, 0);
  if (taken >= 0) {
    return taken;
  }
  return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

}  // namespace weir::loadgen
