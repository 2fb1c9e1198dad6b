#include "loadgen/transport/socket_poll.h"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "base/check.h"

namespace weir::loadgen {
namespace {

constexpr std::uint32_t kEnded = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

epoll_event EventOf(SocketPoll::Listener* listener, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = listener;
  return event;
}

// While the kernel works for this one, the memory of the next comes nearer: with a thousand
// connections it is in no cache of this core.
void PrefetchListener(const void* listener) {
  constexpr std::size_t kLine = 64;
  for (std::size_t line = 0; line < 3; ++line) {
    __builtin_prefetch(static_cast<const char*>(listener) + line * kLine);
  }
}

epoll_event EdgeOf(SocketPoll::Listener& listener) {
  return EventOf(&listener, EPOLLIN | EPOLLRDHUP | EPOLLET);
}

}  // namespace

Result<std::unique_ptr<SocketPoll>> SocketPoll::Create(uv_loop_t& loop) {
  const int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) {
    return Unavailable(
        fmt::format("cannot watch sockets: {}", std::generic_category().message(errno)));
  }
  std::unique_ptr<SocketPoll> made(new SocketPoll(loop, fd));
  // libuv's own epoll, level-triggered: it says so as long as libuv has something to do.
  epoll_event event = EventOf(nullptr, EPOLLIN);
  if (epoll_ctl(fd, EPOLL_CTL_ADD, uv_backend_fd(&loop), &event) != 0) {
    return Unavailable(
        fmt::format("cannot watch the loop: {}", std::generic_category().message(errno)));
  }
  return made;
}

SocketPoll::SocketPoll(uv_loop_t& loop, int fd) : loop_(loop), fd_(fd) {}

SocketPoll::~SocketPoll() {
  close(fd_);
}

int SocketPoll::Add(int fd, Listener& listener) {
  epoll_event event = EdgeOf(listener);
  if (epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) != 0) {
    return -errno;
  }
  ++sockets_;
  return 0;
}

// Closing it would be enough, but for a child that has just been forked and still holds it.
void SocketPoll::Remove(int fd) {
  WEIR_CHECK(epoll_ctl(fd_, EPOLL_CTL_DEL, fd, nullptr) == 0);
  --sockets_;
}

void SocketPoll::Again(int fd, Listener& listener) {
  epoll_event event = EdgeOf(listener);
  WEIR_CHECK(epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &event) == 0);
}

void SocketPoll::Turn(Patience patience) {
  if (sockets_ == 0) {
    uv_run(&loop_, patience == Patience::kWait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    return;
  }
  // 0: libuv must run before anybody waits, as it has handles to watch or to close; -1: it has no
  // timers, so only its descriptor can call for it.
  const int loop_wait_ms = uv_backend_timeout(&loop_);
  const int ready = epoll_wait(fd_, events_.data(), static_cast<int>(events_.size()),
                               patience == Patience::kWait ? loop_wait_ms : 0);
  bool loop_is_due = loop_wait_ms >= 0;
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events_[static_cast<std::size_t>(i)];
    if (i + 1 < ready) {
      PrefetchListener(events_[static_cast<std::size_t>(i) + 1].data.ptr);
    }
    if (event.data.ptr == nullptr) {
      loop_is_due = true;
    } else {
      static_cast<Listener*>(event.data.ptr)->OnReadable((event.events & kEnded) != 0);
    }
  }
  // Listeners may have begun to connect, or to close.
  if (loop_is_due || uv_backend_timeout(&loop_) == 0) {
    uv_run(&loop_, UV_RUN_NOWAIT);
  }
}

}  // namespace weir::loadgen
