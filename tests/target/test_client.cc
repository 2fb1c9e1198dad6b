#include "tests/target/test_client.h"

#include <array>
#include <charconv>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weir::target {
namespace {

int Connect(std::uint16_t port, bool ipv6) {
  const int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  v6.sin6_addr = in6addr_loopback;
  const int result = ipv6 ? connect(fd, reinterpret_cast<const sockaddr*>(&v6), sizeof v6)
                          : connect(fd, reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  if (result != 0) {
    close(fd);
    return -1;
  }
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

std::size_t NumberAt(const std::string& text, std::size_t at) {
  std::size_t number = 0;
  std::from_chars(text.data() + at, text.data() + text.size(), number);
  return number;
}

std::size_t ContentLength(const std::string& head) {
  constexpr std::string_view kName = "\r\nContent-Length: ";
  const std::size_t at = head.find(kName);
  return at == std::string::npos ? 0 : NumberAt(head, at + kName.size());
}

}  // namespace

TestClient::TestClient(std::uint16_t port, bool ipv6) : fd_(Connect(port, ipv6)) {}

TestClient::TestClient(TestClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

TestClient::~TestClient() {
  Close();
}

bool TestClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool TestClient::Fill() {
  std::array<char, 65536> piece;
  const ssize_t count = recv(fd_, piece.data(), piece.size(), 0);
  if (count <= 0) {
    return false;
  }
  buffer_.append(piece.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<Answer> TestClient::Read(bool head_only) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) {
      return std::nullopt;
    }
  }
  Answer answer;
  answer.head = buffer_.substr(0, end + 4);
  answer.status = static_cast<int>(NumberAt(answer.head, std::string_view("HTTP/1.1 ").size()));
  const std::size_t length = head_only ? 0 : ContentLength(answer.head);
  while (buffer_.size() < answer.head.size() + length) {
    if (!Fill()) {
      return std::nullopt;
    }
  }
  answer.body = buffer_.substr(answer.head.size(), length);
  buffer_.erase(0, answer.head.size() + length);
  return answer;
}

bool TestClient::SeesEnd() {
  char byte = 0;
  return buffer_.empty() && recv(fd_, &byte, 1, 0) == 0;
}

void TestClient::Close() {
  if (fd_ >= 0) {
    close(std::exchange(fd_, -1));
  }
}

void TestClient::Reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  Close();
}

void TestClient::ShrinkReceiveBuffer() {
  const int bytes = 32 * 1024;
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

}  // namespace weir::target
