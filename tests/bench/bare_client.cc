// The least that a closed-loop HTTP client can do, as the limit that others are measured against
// (ci/bench.d/engine.bench.py): epoll, one send and one recv per exchange, no parsing. Answers are
// told apart by their size, so the server must answer every request with the same number of bytes;
// the first answer is read whole to learn it.
//
//   bare_client PORT CONNECTIONS SECONDS [latency|tls]
//
// With `latency`, two clock readings and one histogram entry per request are added. With `tls`,
// OpenSSL reads and writes the socket itself, reading ahead: one SSL_read and one SSL_write per
// exchange, one system call each. The certificate is not looked at. Prints the number of answered
// requests.

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/histogram.h"

namespace weir {
namespace {

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr int kEventsMax = 512;

struct Peer {
  int fd = -1;
  SSL* ssl = nullptr;        ///< Null in cleartext.
  std::size_t received = 0;  ///< Of the answer that is under way.
  Instant sent{};
};

enum class Kind : std::uint8_t { kPlain, kLatency, kTls };

struct Options {
  std::uint16_t port = 0;
  std::uint32_t connections = 1;
  std::uint32_t seconds = 1;
  Kind kind = Kind::kPlain;
};

template <typename T>
bool Read(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

int Connect(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? fd : -1;
}

/// The handshake, on a socket that blocks.
bool Secure(SSL_CTX& context, Peer& peer) {
  peer.ssl = SSL_new(&context);
  return peer.ssl != nullptr && SSL_set_fd(peer.ssl, peer.fd) == 1 && SSL_connect(peer.ssl) == 1;
}

bool Send(const Peer& peer) {
  const auto size = static_cast<ssize_t>(kRequest.size());
  if (peer.ssl != nullptr) {
    return SSL_write(peer.ssl, kRequest.data(), static_cast<int>(size)) == size;
  }
  return send(peer.fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) == size;
}

/// What is there, at most `size` bytes; with TLS one record. <= 0: the connection broke.
ssize_t Receive(const Peer& peer, char* out, std::size_t size) {
  if (peer.ssl != nullptr) {
    return SSL_read(peer.ssl, out, static_cast<int>(size));
  }
  return recv(peer.fd, out, size, 0);
}

/// Size of one answer: what comes until the head and its Content-Length are complete.
std::optional<std::size_t> LearnSize(const Peer& peer, std::vector<char>& buffer) {
  if (!Send(peer)) {
    return std::nullopt;
  }
  std::size_t filled = 0;
  for (;;) {
    const ssize_t got = Receive(peer, buffer.data() + filled, buffer.size() - filled);
    if (got <= 0) {
      return std::nullopt;
    }
    filled += static_cast<std::size_t>(got);
    const std::string_view answer(buffer.data(), filled);
    const std::size_t head = answer.find("\r\n\r\n");
    constexpr std::string_view kField = "Content-Length: ";
    const std::size_t field = answer.find(kField);
    if (head == std::string_view::npos || field > head) {
      continue;
    }
    const std::string_view value = answer.substr(field + kField.size());
    std::size_t body = 0;
    if (!Read(value.substr(0, value.find('\r')), body)) {
      return std::nullopt;
    }
    if (filled == head + 4 + body) {
      return filled;
    }
  }
}

class Client {
 public:
  explicit Client(const Options& options) : options_(options), peers_(options.connections) {}

  bool Open() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    SSL_CTX* context = nullptr;
    if (options_.kind == Kind::kTls) {
      context = SSL_CTX_new(TLS_client_method());
      SSL_CTX_set_read_ahead(context, 1);
    }
    for (Peer& peer : peers_) {
      peer.fd = Connect(options_.port);
      if (context != nullptr && peer.fd >= 0 && !Secure(*context, peer)) {
        return false;
      }
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &peer;
      if (peer.fd < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, peer.fd, &event) != 0) {
        return false;
      }
    }
    const std::optional<std::size_t> size = LearnSize(peers_.front(), buffer_);
    answer_bytes_ = size.value_or(0);
    return size.has_value();
  }

  /// Number of answers in the time, or nothing if a connection broke.
  std::optional<std::uint64_t> Run() {
    const Instant end = clock_.Now() + std::chrono::seconds(options_.seconds);
    for (Peer& peer : peers_) {
      peer.sent = clock_.Now();
      if (!Send(peer)) {
        return std::nullopt;
      }
    }
    std::vector<epoll_event> events(kEventsMax);
    while (clock_.Now() < end) {
      const int ready = epoll_wait(epoll_, events.data(), kEventsMax, 100);
      for (int i = 0; i < ready; ++i) {
        if (!OnReadable(*static_cast<Peer*>(events[static_cast<std::size_t>(i)].data.ptr))) {
          return std::nullopt;
        }
      }
    }
    return answers_;
  }

  const Histogram& latency() const { return latency_; }

 private:
  bool OnReadable(Peer& peer) {
    do {
      const ssize_t got = Receive(peer, buffer_.data(), buffer_.size());
      if (got <= 0) {
        return false;
      }
      peer.received += static_cast<std::size_t>(got);
      // What OpenSSL has read ahead, epoll will not tell of.
    } while (peer.received < answer_bytes_ && peer.ssl != nullptr &&
             SSL_has_pending(peer.ssl) == 1);
    if (peer.received < answer_bytes_) {
      return true;
    }
    peer.received = 0;
    ++answers_;
    if (options_.kind == Kind::kLatency) {
      latency_.Record(clock_.Now() - peer.sent);
      peer.sent = clock_.Now();
    }
    return Send(peer);
  }

  const Options options_;
  const SystemClock clock_;
  std::vector<Peer> peers_;
  std::vector<char> buffer_ = std::vector<char>(std::size_t{64} * 1024);
  int epoll_ = -1;
  std::size_t answer_bytes_ = 0;
  std::uint64_t answers_ = 0;
  Histogram latency_;
};

std::optional<Options> ReadOptions(int count, char** words) {
  Options options;
  if (count < 4 || !Read(words[1], options.port) || !Read(words[2], options.connections) ||
      !Read(words[3], options.seconds) || options.connections == 0) {
    return std::nullopt;
  }
  const std::string_view kind = count > 4 ? words[4] : "";
  options.kind = kind == "latency" ? Kind::kLatency : kind == "tls" ? Kind::kTls : Kind::kPlain;
  return options;
}

int Main(int count, char** words) {
  const std::optional<Options> options = ReadOptions(count, words);
  if (!options) {
    fmt::print(stderr, "usage: bare_client PORT CONNECTIONS SECONDS [latency|tls]\n");
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  Client client(*options);
  const std::optional<std::uint64_t> answers =
      client.Open() ? client.Run() : std::optional<std::uint64_t>();
  if (!answers) {
    fmt::print(stderr, "bare_client: the server did not answer\n");
    return 69;
  }
  fmt::print("requests {}\n", *answers);
  if (options->kind == Kind::kLatency) {
    fmt::print("p50_ns {}\np99_ns {}\n", client.latency().QuantileNs(0.5),
               client.latency().QuantileNs(0.99));
  }
  return 0;
}

}  // namespace
}  // namespace weir

int main(int count, char** words) {
  return weir::Main(count, words);
}
