#pragma once

#include <cstddef>
#include <memory>

#include "monitor/server_tls.h"

namespace weir::monitor {

/// What a try to move bytes came to.
struct Moved {
  std::size_t bytes = 0;
  short wait_for = 0;  ///< With no bytes: POLLIN or POLLOUT, then it can be tried again; 0: never.
};

/// The bytes of one connection, on a socket that does not block. One thread.
class Wire {
 public:
  virtual ~Wire() = default;

  virtual Moved Read(char* to, std::size_t size) = 0;
  virtual Moved Write(const char* from, std::size_t size) = 0;

  /// Says that nothing more comes; one try.
  virtual void End() = 0;

  virtual int fd() const = 0;
};

/// As it is, or over TLS unless `tls` is null. The handshake is part of the first reads. Who speaks
/// HTTP where TLS is spoken is told so. Does not own `fd`; `tls` must outlive it.
std::unique_ptr<Wire> MakeWire(int fd, const ServerTls* tls);

}  // namespace weir::monitor
