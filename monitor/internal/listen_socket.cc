#include "monitor/internal/listen_socket.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
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
  SocketAddress got;
  got.size = sizeof(got.bytes);
  if (::getsockname(fd, &got.bytes.any, &got.size) != 0) {
    return CannotListen(address, errno);
  }
  made.port_ =
      ntohs(got.bytes.any.sa_family == AF_INET ? got.bytes.v4.sin_port : got.bytes.v6.sin6_port);
  return made;
}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), port_(other.port_) {}

ListenSocket::~ListenSocket() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

}  // namespace weir::monitor
