#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::target {

/// A listening TCP socket; closes it unless it has been released.
class ListenSocket {
 public:
  ListenSocket(int fd, std::uint16_t port, std::string address);
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;
  ~ListenSocket();

  /// Gives the descriptor away.
  int Release();

  std::uint16_t port() const { return port_; }

  /// `127.0.0.1:8080` or `[::1]:8080`.
  const std::string& address() const { return address_; }

 private:
  int fd_;
  std::uint16_t port_;
  std::string address_;
};

/// Binds and listens on `host`: `localhost` (both loopback addresses on one port; IPv6 only where
/// the machine has it) or a numeric address, IPv6 with or without brackets. Port 0 takes a free
/// one. Errors: as for Server::Create.
Result<std::vector<ListenSocket>> OpenListenSockets(const std::string& host, std::uint16_t port);

/// What to tell a person when `address` could not be had because of `error` (an errno).
Error ListenError(const std::string& address, int error);

}  // namespace weir::target
