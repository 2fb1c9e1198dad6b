#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::monitor {

/// Where to listen.
struct ListenAddress {
  std::string host = "127.0.0.1";  ///< Numeric, or localhost (which is 127.0.0.1).
  std::uint16_t port = 0;          ///< 0 = a free one.

  bool IsLoopback() const;
};

/// Reads `127.0.0.1:8470`, `[::1]:8470`, `localhost:0`. Errors: kUsage.
Result<ListenAddress> ParseListenAddress(std::string_view text);

/// A socket that listens; closed with this.
class ListenSocket {
 public:
  /// Errors: kUnavailable (the port is in use, no such address here, not permitted).
  static Result<ListenSocket> Open(const ListenAddress& address);

  /// One that listens already, and belongs to this from here on. It has to be at `address`, so that
  /// what is said of that address is true (any port, when its port is 0). Errors: kUsage: it is at
  /// another address, or no socket of TCP that listens; then it is left as it was.
  static Result<ListenSocket> Adopt(int fd, const ListenAddress& address);

  /// Adopts `passed`, or opens one when nothing is passed. Errors: as these.
  static Result<ListenSocket> AdoptOrOpen(const std::optional<int>& passed,
                                          const ListenAddress& address);

  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;
  ~ListenSocket();

  int fd() const { return fd_; }

  std::uint16_t port() const { return port_; }

 private:
  ListenSocket(int fd, std::uint16_t port) : fd_(fd), port_(port) {}

  int fd_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace weir::monitor
