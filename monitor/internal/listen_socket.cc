#include "monitor/internal/listen_socket.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

namespace weir::monitor {
namespace {

constexpr int kBacklog = 128;

union AnyAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

struct SocketAddress {
  AnyAddress bytes{};
  socklen_t size = 0;
};

SocketAddress ToSocketAddress(const ListenAddress& address) {
  SocketAddress made;
  if (inet_pton(AF_INET, address.host.c_str(), &made.bytes.v4.sin_addr) == 1) {
    made.bytes.v4.sin_family = AF_INET;
    made.bytes.v4.sin_port = htons(address.port);
    made.size = sizeof(sockaddr_in);
  } else if (inet_pton(AF_INET6, address.host.c_str(), &made.bytes.v6.sin6_addr) == 1) {
    made.bytes.v6.sin6_family = AF_INET6;
    made.bytes.v6.sin6_port = htons(address.port);
    made.size = sizeof(sockaddr_in6);
  }
  return made;
}

// Nothing for an address that is none of IP.
std::optional<ListenAddress> FromSocketAddress(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> host{};
  const int family = address.bytes.any.sa_family;
  if (family != AF_INET && family != AF_INET6) {
    return std::nullopt;
  }
  const bool v4 = family == AF_INET;
  const void* const number = v4 ? static_cast<const void*>(&address.bytes.v4.sin_addr)
                                : static_cast<const void*>(&address.bytes.v6.sin6_addr);
  inet_ntop(family, number, host.data(), host.size());
  return ListenAddress{.host = host.data(),
                       .port = ntohs(v4 ? address.bytes.v4.sin_port : address.bytes.v6.sin6_port)};
}

std::optional<SocketAddress> AddressOf(int fd) {
  SocketAddress got;
  got.size = sizeof(got.bytes);
  if (::getsockname(fd, &got.bytes.any, &got.size) != 0) {
    return std::nullopt;
  }
  return got;
}

bool Listens(int fd) {
  int type = 0;
  int listens = 0;
  socklen_t size = sizeof(int);
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
         ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
}

tl::unexpected<Error> CannotListen(const ListenAddress& address, int code) {
  const std::string why = std::error_code(code, std::generic_category()).message();
  return Unavailable(fmt::format(
      "cannot listen on {}:{}: {}{}", Printable(address.host), address.port, why,
      code == EADDRINUSE ? "\n  hint: another process has this port; choose one with --listen"
                         : ""));
}

}  // namespace

bool ListenAddress::IsLoopback() const {
  const SocketAddress address = ToSocketAddress(*this);
  if (address.bytes.any.sa_family == AF_INET) {
    return ntohl(address.bytes.v4.sin_addr.s_addr) >> 24 == 127;
  }
  return address.size > 0 && IN6_IS_ADDR_LOOPBACK(&address.bytes.v6.sin6_addr) != 0;
}

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  ListenAddress address;
  bool fits = colon != std::string_view::npos && colon > 0;
  if (fits) {
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    address.host = host == "localhost" ? "127.0.0.1" : std::string(host);
    const auto read = std::from_chars(port.data(), port.data() + port.size(), address.port);
    fits = !port.empty() && read.ec == std::errc() && read.ptr == port.data() + port.size() &&
           ToSocketAddress(address).size > 0;
  }
  if (!fits) {
    return UsageError(
        fmt::format("'{}' is no address to listen on; write IP:PORT, for example 127.0.0.1:8470",
                    Printable(text)));
  }
  return address;
}

Result<ListenSocket> ListenSocket::Open(const ListenAddress& address) {
  SocketAddress wanted = ToSocketAddress(address);
  const int fd =
      ::socket(wanted.bytes.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    return CannotListen(address, errno);
  }
  ListenSocket made(fd, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(fd, &wanted.bytes.any, wanted.size) != 0 || ::listen(fd, kBacklog) != 0) {
    return CannotListen(address, errno);
  }
  const std::optional<SocketAddress> got = AddressOf(fd);
  if (!got) {
    return CannotListen(address, errno);
  }
  made.port_ = FromSocketAddress(*got)->port;
  return made;
}

Result<ListenSocket> ListenSocket::Adopt(int fd, const ListenAddress& address) {
  const std::optional<SocketAddress> got = Listens(fd) ? AddressOf(fd) : std::nullopt;
  const std::optional<ListenAddress> is = got ? FromSocketAddress(*got) : std::nullopt;
  if (!is) {
    return UsageError(
        "the socket that the service manager passes does not listen on an address of IP\n"
        "  hint: ListenStream= of its socket unit has to be IP:PORT");
  }
  // The same address may be written in several ways.
  const std::optional<ListenAddress> wanted = FromSocketAddress(ToSocketAddress(address));
  if (!wanted || wanted->host != is->host || (wanted->port != 0 && wanted->port != is->port)) {
    return UsageError(
        fmt::format("the service manager passes a socket at {} port {}, and the configuration says "
                    "{} port {}\n  hint: make 'ListenStream=' and 'listen' the same",
                    is->host, is->port, Printable(address.host), address.port));
  }
  if (::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0 ||
      ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return CannotListen(address, errno);
  }
  return ListenSocket(fd, is->port);
}

Result<ListenSocket> ListenSocket::AdoptOrOpen(const std::optional<int>& passed,
                                               const ListenAddress& address) {
  return passed ? Adopt(*passed, address) : Open(address);
}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), port_(other.port_) {}

ListenSocket::~ListenSocket() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

}  // namespace weir::monitor
