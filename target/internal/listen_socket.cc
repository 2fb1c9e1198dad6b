#include "target/internal/listen_socket.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

namespace weir::target {
namespace {

/// The kernel cuts this to net.core.somaxconn.
constexpr int kBacklog = 16'384;

/// How often a free IPv4 port is tried again because its IPv6 twin is taken.
constexpr int kTwinAttemptsMax = 16;

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

Address MakeIpv4(in_addr ip) {
  Address address;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr = ip;
  std::memcpy(&address.storage, &v4, sizeof v4);
  address.length = sizeof v4;
  return address;
}

Address MakeIpv6(const in6_addr& ip) {
  Address address;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = ip;
  std::memcpy(&address.storage, &v6, sizeof v6);
  address.length = sizeof v6;
  return address;
}

void SetPort(Address& address, std::uint16_t port) {
  // The port stands at the same place in both families.
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  const std::uint16_t network_order = htons(port);
  std::memcpy(reinterpret_cast<char*>(&address.storage) + offsetof(sockaddr_in, sin_port),
              &network_order, sizeof network_order);
}

std::uint16_t BoundPort(int fd) {
  sockaddr_in6 bound{};
  socklen_t length = sizeof bound;
  getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length);
  return ntohs(bound.sin6_port);
}

std::string AddressText(const Address& address, std::uint16_t port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.storage, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return fmt::format("{}:{}", text.data(), port);
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address.storage, sizeof v6);
  inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  return fmt::format("[{}]:{}", text.data(), port);
}

void SetFlag(int fd, int level, int name) {
  const int on = 1;
  setsockopt(fd, level, name, &on, sizeof on);
}

/// Returns a listening descriptor, or -1 with errno set.
int BindAndListen(const Address& address, bool ipv6_only) {
  const int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    return -1;
  }
  SetFlag(fd, SOL_SOCKET, SO_REUSEADDR);
  // Accepted sockets inherit it: no system call per connection, no answer held back.
  SetFlag(fd, IPPROTO_TCP, TCP_NODELAY);
  if (ipv6_only) {
    SetFlag(fd, IPPROTO_IPV6, IPV6_V6ONLY);
  }
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 ||
      listen(fd, kBacklog) != 0) {
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

Result<ListenSocket> Open(Address address, std::uint16_t port, bool ipv6_only) {
  SetPort(address, port);
  const int fd = BindAndListen(address, ipv6_only);
  if (fd < 0) {
    return tl::unexpected(ListenError(AddressText(address, port), errno));
  }
  const std::uint16_t bound = BoundPort(fd);
  return ListenSocket(fd, bound, AddressText(address, bound));
}

/// Whether the machine can bind ::1 at all.
bool HasIpv6Loopback() {
  const int fd = BindAndListen(MakeIpv6(in6addr_loopback), true);
  if (fd < 0) {
    return false;
  }
  close(fd);
  return true;
}

Result<std::vector<ListenSocket>> OpenLocalhost(std::uint16_t port) {
  in_addr loopback{};
  loopback.s_addr = htonl(INADDR_LOOPBACK);
  const bool has_ipv6 = HasIpv6Loopback();
  for (int attempt = 1;; ++attempt) {
    Result<ListenSocket> v4 = Open(MakeIpv4(loopback), port, false);
    if (!v4) {
      return tl::unexpected(v4.error());
    }
    std::vector<ListenSocket> sockets;
    sockets.push_back(std::move(*v4));
    if (!has_ipv6) {
      return sockets;
    }
    Result<ListenSocket> v6 = Open(MakeIpv6(in6addr_loopback), sockets[0].port(), true);
    if (v6) {
      sockets.push_back(std::move(*v6));
      return sockets;
    }
    if (port != 0 || attempt == kTwinAttemptsMax) {
      return tl::unexpected(v6.error());
    }
  }
}

std::string_view WithoutBrackets(std::string_view host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return bracketed ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

ListenSocket::ListenSocket(int fd, std::uint16_t port, std::string address)
    : fd_(fd), port_(port), address_(std::move(address)) {}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), port_(other.port_), address_(std::move(other.address_)) {}

ListenSocket::~ListenSocket() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

int ListenSocket::Release() {
  return std::exchange(fd_, -1);
}

Result<std::vector<ListenSocket>> OpenListenSockets(const std::string& host, std::uint16_t port) {
  if (host == "localhost") {
    return OpenLocalhost(port);
  }
  const std::string numeric(WithoutBrackets(host));
  in_addr v4{};
  in6_addr v6{};
  Address address;
  if (inet_pton(AF_INET, numeric.c_str(), &v4) == 1) {
    address = MakeIpv4(v4);
  } else if (inet_pton(AF_INET6, numeric.c_str(), &v6) == 1) {
    address = MakeIpv6(v6);
  } else {
    return UsageError(
        fmt::format("--host '{}' is not an address; write localhost or a numeric one "
                    "such as 127.0.0.1, 0.0.0.0, ::1 or ::",
                    Printable(host, 80)));
  }
  Result<ListenSocket> socket = Open(address, port, false);
  if (!socket) {
    return tl::unexpected(socket.error());
  }
  std::vector<ListenSocket> sockets;
  sockets.push_back(std::move(*socket));
  return sockets;
}

Error ListenError(const std::string& address, int error) {
  const std::string attempt = fmt::format("cannot listen on {}: ", address);
  switch (error) {
    case EADDRINUSE:
      return {ErrorKind::kUnavailable,
              attempt + "another program has the port; choose another --port, or 0 for a free one"};
    case EACCES:
      return {ErrorKind::kUsage, attempt +
                                     "ports below 1024 need privileges; choose a --port from "
                                     "1024 on, or 0 for a free one"};
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return {ErrorKind::kUsage, attempt +
                                     "this machine has no such address; choose another "
                                     "--host, or localhost"};
    case EMFILE:
    case ENFILE:
      return {ErrorKind::kUnavailable,
              attempt + "no file descriptors are left; raise the limit (ulimit -n)"};
    default:
      return {ErrorKind::kUnavailable, attempt + std::generic_category().message(error)};
  }
}

}  // namespace weir::target
