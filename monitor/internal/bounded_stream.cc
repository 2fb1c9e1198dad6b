#include "monitor/internal/bounded_stream.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>

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
      write_until_(clock.Now() + limits.write_within) {}

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

std::size_t BoundedStream::Read(char* to, std::size_t size) {
  // Tried first: what TLS has taken off the socket, no poll shows.
  while (left_ > 0 && clock_.Now() < read_until_) {
    const Moved got = wire_.Read(to, std::min(size, left_));
    if (got.bytes > 0) {
      left_ -= got.bytes;
      return got.bytes;
    }
    if (got.wait_for == 0 || !Wait(got.wait_for, read_until_)) {
      return 0;
    }
  }
  return 0;
}

void BoundedStream::BeginAnswer() {
  write_until_ = clock_.Now() + limits_.write_within;
}

void BoundedStream::Write(std::string_view text) {
  while (!text.empty() && clock_.Now() < write_until_) {
    const Moved sent = wire_.Write(text.data(), text.size());
    text.remove_prefix(sent.bytes);
    if (sent.bytes == 0 && (sent.wait_for == 0 || !Wait(sent.wait_for, write_until_))) {
      return;
    }
  }
}

}  // namespace weir::monitor
