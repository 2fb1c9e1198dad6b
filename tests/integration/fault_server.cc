#include "tests/integration/fault_server.h"

#include <array>
#include <chrono>
#include <utility>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

namespace weir::tests {
namespace {

constexpr int kPatienceMs = 5;

// True when something can be read, or the peer has gone; false when the test is over.
bool AwaitReadable(int fd, const std::atomic<bool>& stopping) {
  pollfd waiting{fd, POLLIN, 0};
  while (!stopping) {
    if (poll(&waiting, 1, kPatienceMs) > 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool FaultyPeer::ReadRequest() {
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::array<char, 4096> buffer{};
  while (true) {
    if (const std::size_t end = received_.find(kEnd); end != std::string::npos) {
      received_.erase(0, end + kEnd.size());
      return true;
    }
    if (!AwaitReadable(fd_, stopping_)) {
      return false;
    }
    const ssize_t length = recv(fd_, buffer.data(), buffer.size(), 0);
    if (length <= 0) {
      return false;
    }
    received_.append(buffer.data(), static_cast<std::size_t>(length));
  }
}

bool FaultyPeer::Send(std::string_view bytes) const {
  while (!bytes.empty() && !stopping_) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return !stopping_;
}

bool FaultyPeer::Trickle(std::string_view bytes) const {
  for (const char byte : bytes) {
    pollfd gone{fd_, POLLRDHUP, 0};
    if (poll(&gone, 1, 1) > 0 || !Send({&byte, 1})) {
      return false;
    }
  }
  return true;
}

void FaultyPeer::HalfClose() const {
  shutdown(fd_, SHUT_WR);
}

void FaultyPeer::SendAndHalfClose(std::string_view bytes) const {
  send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_MORE);
  HalfClose();
}

void FaultyPeer::ResetOnClose() const {
  const linger hard{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

void FaultyPeer::AwaitClose() {
  std::array<char, 4096> buffer{};
  while (AwaitReadable(fd_, stopping_) && recv(fd_, buffer.data(), buffer.size(), 0) > 0) {
  }
}

bool FaultyPeer::SendAndLoseAnswers(std::string_view bytes, Nanos span) const {
  // A filter of one instruction: of each packet, keep 0 bytes.
  sock_filter drop = {BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &drop};
  WEIR_CHECK(setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0);
  const bool sent = Send(bytes);
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(span);
  pollfd nothing{-1, 0, 0};
  poll(&nothing, 1, static_cast<int>(whole.count()));
  const int unused = 0;
  WEIR_CHECK(setsockopt(fd_, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)) == 0);
  return sent;
}

FaultServer::FaultServer(Script script) : script_(std::move(script)) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  WEIR_CHECK(fd_ >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  WEIR_CHECK(bind(fd_, raw, length) == 0);
  WEIR_CHECK(listen(fd_, 128) == 0);
  WEIR_CHECK(getsockname(fd_, raw, &length) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

FaultServer::~FaultServer() {
  Close();
  stopping_ = true;
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

std::set<std::string> FaultServer::peers() const {
  const std::lock_guard lock(mutex_);
  return addresses_;
}

void FaultServer::Close() {
  if (acceptor_.joinable()) {
    closed_ = true;
    acceptor_.join();
    close(fd_);
  }
}

void FaultServer::Accept() {
  while (AwaitReadable(fd_, closed_)) {
    sockaddr_in from{};
    socklen_t length = sizeof(from);
    const int fd = accept4(fd_, reinterpret_cast<sockaddr*>(&from), &length, SOCK_CLOEXEC);
    if (fd < 0) {
      continue;
    }
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &from.sin_addr, text.data(), text.size());
    {
      const std::lock_guard lock(mutex_);
      addresses_.emplace(text.data());
    }
    ++connections_;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    threads_.emplace_back([this, fd] {
      FaultyPeer peer(fd, stopping_);
      script_(peer);
      close(fd);
    });
  }
}

}  // namespace weir::tests
