#pragma once

#include <cerrno>
#include <cstddef>
#include <span>
#include <string_view>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

namespace weir::loadgen {

/// The uv_alloc_cb of streams that read for themselves: without a buffer libuv does not read, but
/// says UV_ENOBUFS to the read callback whenever the socket has something. recv is cheaper than the
/// read that libuv would use, and may go on until there is no more.
inline void NoBuffer(uv_handle_t* /*handle*/, std::size_t /*suggested*/, uv_buf_t* buffer) {
  *buffer = uv_buf_init(nullptr, 0);
}

// The calls themselves, not recv and send of the C library: those are points of cancellation, which
// costs a process with threads four atomic writes per exchange, and nobody cancels ours.

/// Reads what the socket has: the number of bytes, UV_EAGAIN when it has none, UV_EOF, or another
/// error of libuv's. Never blocks.
inline ssize_t ReadSocket(int fd, std::span<char> into) {
  const ssize_t got =
      syscall(SYS_recvfrom, fd, into.data(), into.size(), MSG_DONTWAIT, nullptr, nullptr);
  if (got > 0) {
    return got;
  }
  if (got == 0) {
    return UV_EOF;
  }
  return errno == EINTR ? UV_EAGAIN : -errno;
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
