#pragma once

#include <cstddef>
#include <string_view>

#include "base/clock.h"
#include "base/time.h"
#include "monitor/internal/wire.h"

namespace weir::monitor {

/// A connection that is read and written within limits: so many bytes, and a deadline for all of
/// them together, so that a client that sends a byte now and then is no better off than one that
/// sends none. One thread.
class BoundedStream {
 public:
  struct Limits {
    Nanos read_within{0};   ///< The whole request.
    Nanos write_within{0};  ///< The whole answer, from its first byte on.
  };

  /// What is passed in must outlive it. `stop_fd`: when it becomes readable, reading ends.
  BoundedStream(Wire& wire, int stop_fd, const Limits& limits, const Clock& clock);

  /// As many bytes more may be read from here on; at first none.
  void Allow(std::size_t bytes) { left_ = bytes; }

  /// All that may be read was.
  bool exhausted() const { return left_ == 0; }

  /// How many bytes came, at most `size`; 0: nothing more will be read (the client has ended, time
  /// or bytes are used up, or it is to stop).
  std::size_t Read(char* to, std::size_t size);

  /// From here on the answer has its time.
  void BeginAnswer();

  /// All of it, or what went in time.
  void Write(std::string_view text);

 private:
  bool Wait(short events, Instant until) const;

  Wire& wire_;
  const int stop_fd_;
  const Limits limits_;
  const Clock& clock_;
  const Instant read_until_;
  Instant write_until_{};
  std::size_t left_ = 0;
};

}  // namespace weir::monitor
