#pragma once

#include <array>
#include <cstddef>
#include <string>

#include <httplib.h>

#include "base/clock.h"
#include "base/time.h"
#include "monitor/internal/wire.h"

namespace weir::monitor {

/// A connection as cpp-httplib reads and writes it, within limits that the library itself does not
/// have: so many bytes, and a deadline for all of them together, so that a client that sends a byte
/// now and then is no better off than one that sends none. One thread.
class BoundedStream final : public httplib::Stream {
 public:
  struct Limits {
    std::size_t bytes_max = 0;  ///< Of the request line and the headers.
    Nanos read_within{0};       ///< The whole request.
    Nanos write_within{0};      ///< The whole answer, from its first byte on.
  };

  /// What is passed in must outlive it. `stop_fd`: when it becomes readable, reading ends.
  BoundedStream(Wire& wire, int stop_fd, const Limits& limits, const Clock& clock);

  /// After the head: as many bytes more may be read.
  void AllowBody(std::size_t bytes) { left_ = bytes; }

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* to, size_t size) override;
  ssize_t write(const char* from, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override;

 private:
  bool Wait(short events, Instant until) const;
  bool Fill();

  Wire& wire_;
  const int stop_fd_;
  const Limits limits_;
  const Clock& clock_;
  const Instant read_until_;
  Instant write_until_{};
  bool writing_ = false;
  std::size_t left_;
  std::array<char, 4096> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// "127.0.0.1" of the other end; empty when it has gone.
std::string PeerOf(int fd);

}  // namespace weir::monitor
