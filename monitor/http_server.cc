#include "monitor/http_server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "monitor/internal/bounded_stream.h"
#include "monitor/internal/http_conversation.h"
#include "monitor/internal/wire.h"

namespace weir::monitor {
namespace {

// What a client still sends after its answer is read and dropped for so long, so that the kernel
// does not reset the connection under an answer that has not arrived.
constexpr int kLingerMs = 200;
constexpr std::size_t kLingerReadsMax = 64;

// After an accept that failed for want of descriptors.
constexpr int kAcceptPauseMs = 100;

constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    "Content-Length: 0\r\n\r\n";

// "127.0.0.1" of the other end; empty when it has gone.
std::string PeerOf(int fd) {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) {
    return {};
  }
  const void* address = &reinterpret_cast<const sockaddr_in*>(&peer)->sin_addr;
  if (peer.ss_family == AF_INET6) {
    address = &reinterpret_cast<const sockaddr_in6*>(&peer)->sin6_addr;
  }
  const char* found = inet_ntop(peer.ss_family, address, text.data(), text.size());
  return found == nullptr ? std::string() : std::string(found);
}

void Linger(int fd) {
  std::array<char, 4096> dropped{};
  for (std::size_t i = 0; i < kLingerReadsMax; ++i) {
    pollfd wait{fd, POLLIN, 0};
    if (::poll(&wait, 1, kLingerMs) <= 0 || ::recv(fd, dropped.data(), dropped.size(), 0) <= 0) {
      return;
    }
  }
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(ListenSocket socket, int stop_fd, const HttpLimits& limits, Handlers handlers,
       const Clock& clock)
      : socket_(std::move(socket)),
        stop_fd_(stop_fd),
        limits_(limits),
        clock_(clock),
        handlers_(std::move(handlers)) {
    for (std::size_t i = 0; i < limits_.threads; ++i) {
      workers_.emplace_back([this] { Work(); });
    }
    acceptor_ = std::thread([this] { Accept(); });
  }

  ~Impl() {
    Stop();
    ::close(stop_fd_);
  }

  std::uint16_t port() const { return socket_.port(); }

  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        return;
      }
      stopping_ = true;
    }
    const std::uint64_t one = 1;
    // The counter of an eventfd is far from full.
    static_cast<void>(::write(stop_fd_, &one, sizeof(one)) == sizeof(one));
    waiting_changed_.notify_all();
    acceptor_.join();
    for (std::thread& worker : workers_) {
      worker.join();
    }
    for (const int fd : waiting_) {
      ::close(fd);
    }
    waiting_.clear();
  }

 private:
  void Accept() {
    while (true) {
      std::array<pollfd, 2> waits = {{{socket_.fd(), POLLIN, 0}, {stop_fd_, POLLIN, 0}}};
      if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) {
        return;
      }
      if (waits[1].revents != 0) {
        return;
      }
      const int fd = ::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd >= 0) {
        HandOver(fd);
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        ::poll(&waits[1], 1, kAcceptPauseMs);
      }
    }
  }

  void HandOver(int fd) {
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() < limits_.waiting_max) {
        waiting_.push_back(fd);
        waiting_changed_.notify_one();
        return;
      }
    }
    // One try: who is sent away must not cost time. Over TLS it would cost a handshake.
    if (handlers_.tls() == nullptr) {
      MakeWire(fd, nullptr)->Write(kBusy.data(), kBusy.size());
    }
    ::close(fd);
  }

  void Work() {
    while (true) {
      int fd = -1;
      {
        std::unique_lock lock(mutex_);
        waiting_changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) {
          return;
        }
        fd = waiting_.front();
        waiting_.pop_front();
      }
      const std::shared_ptr<const ServerTls> tls = handlers_.tls();
      const std::unique_ptr<Wire> wire = MakeWire(fd, tls.get());
      BoundedStream stream(
          *wire, stop_fd_,
          {.read_within = limits_.request_within, .write_within = limits_.answer_within}, clock_);
      Converse(stream, PeerOf(fd), limits_, handlers_);
      wire->End();
      Linger(fd);
      ::close(fd);
    }
  }

  const ListenSocket socket_;
  const int stop_fd_;  ///< eventfd, readable once Stop was called.
  const HttpLimits limits_;
  const Clock& clock_;
  const HttpServer::Handlers handlers_;

  std::mutex mutex_;
  std::condition_variable waiting_changed_;
  std::deque<int> waiting_;  // Guarded by mutex_, as is the next.
  bool stopping_ = false;

  std::vector<std::thread> workers_;
  std::thread acceptor_;
};

Result<std::unique_ptr<HttpServer>> HttpServer::Start(ListenSocket socket, const HttpLimits& limits,
                                                      Handlers handlers, const Clock& clock) {
  const int stop_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_fd < 0) {
    return Unavailable("cannot serve: out of file descriptors; raise 'ulimit -n'");
  }
  return std::unique_ptr<HttpServer>(new HttpServer(
      std::make_unique<Impl>(std::move(socket), stop_fd, limits, std::move(handlers), clock)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
  return impl_->port();
}

void HttpServer::Stop() {
  impl_->Stop();
}

}  // namespace weir::monitor
