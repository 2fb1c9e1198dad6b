#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/result.h"
#include "base/time.h"
#include "scenarios/scenario.h"

namespace weir::loadgen {

/// A socket address of either family.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }

  /// "127.0.0.1:8080", "[::1]:8080".
  std::string Text() const;
};

/// All addresses of the target's host, in the resolver's order; at least one. Blocks.
/// Errors: kUnavailable, naming the host and what the resolver said.
Result<std::vector<SocketAddress>> Resolve(const scenarios::Target& target);

/// What SocketAddress::Text gave. Errors: kUsage.
Result<SocketAddress> ParseSocketAddress(const std::string& text);

/// A numeric address, to connect from. Errors: kUsage when it is not one of this machine's, or not
/// of the family of `target`.
Result<SocketAddress> SourceAddress(const std::string& address, const SocketAddress& target);

/// The first of `addresses` that takes a connection, which is closed at once. Blocks, at most
/// `timeout` per address. Errors: kUnavailable, naming the target and what each address answered.
Result<SocketAddress> FirstReachable(const std::vector<SocketAddress>& addresses,
                                     const scenarios::Target& target, Nanos timeout);

}  // namespace weir::loadgen
