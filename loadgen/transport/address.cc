#include "loadgen/transport/address.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <unistd.h>

#include "base/text.h"

namespace weir::loadgen {
namespace {

std::string ErrnoText(int code) {
  return std::generic_category().message(code);
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}

  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  ~FileDescriptor() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }

  int get() const { return fd_; }

 private:
  int fd_;
};

// 0, or the errno that connecting ended with.
int TryConnect(const SocketAddress& address, Nanos timeout) {
  const FileDescriptor fd(
      socket(address.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) {
    return errno;
  }
  if (connect(fd.get(), address.get(), address.length) == 0) {
    return 0;
  }
  if (errno != EINPROGRESS) {
    return errno;
  }
  pollfd waiting{fd.get(), POLLOUT, 0};
  const auto timeout_ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  int ready = 0;
  do {
    ready = poll(&waiting, 1, static_cast<int>(timeout_ms));
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) {
    return ready == 0 ? ETIMEDOUT : errno;
  }
  int error = 0;
  socklen_t length = sizeof(error);
  getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

}  // namespace

std::string SocketAddress::Text() const {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getnameinfo(get(), length, host.data(), host.size(), port.data(), port.size(),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  return storage.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host.data(), port.data())
                                       : fmt::format("{}:{}", host.data(), port.data());
}

Result<std::vector<SocketAddress>> Resolve(const scenarios::Target& target) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int status =
      getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &raw);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(raw, &freeaddrinfo);
  if (status != 0) {
    return Unavailable(
        fmt::format("cannot resolve host '{}' of target {}: {}\n  hint: check the spelling, or "
                    "give an address",
                    target.host, target.Url(), gai_strerror(status)));
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
    SocketAddress& made = addresses.emplace_back();
    made.length = at->ai_addrlen;
    std::memcpy(&made.storage, at->ai_addr, at->ai_addrlen);
  }
  return addresses;
}

Result<SocketAddress> ParseSocketAddress(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const Result<std::uint64_t> port =
      ParseCount(colon == std::string::npos ? "" : std::string_view(text).substr(colon + 1));
  if (!port || *port > UINT16_MAX || colon == 0) {
    return UsageError(fmt::format("'{}' is not an address with a port", Printable(text, 60)));
  }
  scenarios::Target target;
  const bool bracketed = text.front() == '[' && text[colon - 1] == ']';
  target.host = bracketed ? text.substr(1, colon - 2) : text.substr(0, colon);
  target.port = static_cast<std::uint16_t>(*port);
  const Result<std::vector<SocketAddress>> found = Resolve(target);
  if (!found) {
    return tl::unexpected(found.error());
  }
  return found->front();
}

Result<SocketAddress> SourceAddress(const std::string& address, const SocketAddress& target) {
  SocketAddress made;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&made.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&made.storage);
  if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    made.length = sizeof(sockaddr_in);
  } else if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    made.length = sizeof(sockaddr_in6);
  }
  if (made.storage.ss_family != target.storage.ss_family) {
    return UsageError(fmt::format("source address {} cannot connect to {}: they are of two kinds",
                                  address, target.Text()));
  }
  const FileDescriptor fd(socket(made.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0 || bind(fd.get(), made.get(), made.length) != 0) {
    return UsageError(
        fmt::format("cannot connect from {}: {}\n  hint: it must be an address of this machine",
                    address, ErrnoText(errno)));
  }
  return made;
}

Result<SocketAddress> FirstReachable(const std::vector<SocketAddress>& addresses,
                                     const scenarios::Target& target, Nanos timeout) {
  std::string tried;
  for (const SocketAddress& address : addresses) {
    const int error = TryConnect(address, timeout);
    if (error == 0) {
      return address;
    }
    tried += fmt::format("\n  {}: {}", address.Text(), ErrnoText(error));
  }
  return Unavailable(fmt::format(
      "cannot connect to target {}:{}\n  hint: is the server running, and is the port right?",
      target.Url(), tried));
}

}  // namespace weir::loadgen
