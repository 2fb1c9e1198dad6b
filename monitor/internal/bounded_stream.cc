#include "monitor/internal/bounded_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace weir::monitor {
namespace {

int MillisecondsLeft(Nanos left) {
  constexpr std::int64_t kNanosPerMilli = 1'000'000;
  return static_cast<int>(std::clamp<std::int64_t>(CountNs(left) / kNanosPerMilli + 1, 0, 60'000));
}

}  // namespace

BoundedStream::BoundedStream(Wire& wire, int stop_fd, const Limits& limits, const Clock& clock)
    : wire_(wire),
      stop_fd_(stop_fd),
      limits_(limits),
      clock_(clock),
      read_until_(clock.Now() + limits.read_within),
      left_(limits.bytes_max) {}

// Writing goes on during a stop: what was asked is answered.
bool BoundedStream::Wait(short events, Instant until) const {
  while (true) {
    const Nanos left = until - clock_.Now();
    if (left <= Nanos(0)) {
      return false;
    }
    std::array<pollfd, 2> waits = {
        {{wire_.fd(), events, 0}, {(events & POLLIN) != 0 ? stop_fd_ : -1, POLLIN, 0}}};
    const int ready = ::poll(waits.data(), waits.size(), MillisecondsLeft(left));
    if (ready < 0 && errno != EINTR) {
      return false;
    }
    if (waits[0].revents != 0) {
      return true;
    }
    if (waits[1].revents != 0) {
      return false;
    }
  }
}

bool BoundedStream::Fill() {
  // Tried first: what TLS has taken off the socket, no poll shows.
  while (clock_.Now() < read_until_) {
    const Moved got = wire_.Read(buffer_.data(), buffer_.size());
    if (got.bytes > 0) {
      begin_ = 0;
      end_ = got.bytes;
      return true;
    }
    if (got.wait_for == 0 || !Wait(got.wait_for, read_until_)) {
      return false;
    }
  }
  return false;
}

bool BoundedStream::is_readable() const {
  return begin_ < end_ || Wait(POLLIN, read_until_);
}

bool BoundedStream::is_writable() const {
  return Wait(POLLOUT, clock_.Now() + limits_.write_within);
}

ssize_t BoundedStream::read(char* to, size_t size) {
  if (left_ == 0 || (begin_ == end_ && !Fill())) {
    return -1;
  }
  const std::size_t taken = std::min({size, end_ - begin_, left_});
  std::memcpy(to, buffer_.data() + begin_, taken);
  begin_ += taken;
  left_ -= taken;
  return static_cast<ssize_t>(taken);
}

ssize_t BoundedStream::write(const char* from, size_t size) {
  if (!writing_) {
    writing_ = true;
    write_until_ = clock_.Now() + limits_.write_within;
  }
  while (size > 0 && clock_.Now() < write_until_) {
    const Moved sent = wire_.Write(from, size);
    if (sent.bytes > 0) {
      return static_cast<ssize_t>(sent.bytes);
    }
    if (sent.wait_for == 0 || !Wait(sent.wait_for, write_until_)) {
      return -1;
    }
  }
  return size == 0 ? 0 : -1;
}

void BoundedStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip = PeerOf(wire_.fd());
  port = 0;
}

void BoundedStream::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

socket_t BoundedStream::socket() const {
  return wire_.fd();
}

std::string PeerOf(int fd) {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) {
    return {};
  }
  const void* address = &reinterpret_cast<const sockaddr_in*>(&peer)->sin_addr;
  if (peer.ss_family == AF_INET6) {
    address = &reinterpret_cast<const sockaddr_in6*>(&peer)->sin6_addr;
  }
  const char* found = inet_ntop(peer.ss_family, address, text.data(), text.size());
  return found == nullptr ? std::string() : std::string(found);
}

}  // namespace weir::monitor
