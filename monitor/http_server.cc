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

#include <fmt/format.h>
#include <httplib.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "monitor/internal/bounded_stream.h"
#include "monitor/internal/wire.h"

namespace weir::monitor {
namespace {

// What a client still sends after its answer is read and dropped for so long, so that the kernel
// does not reset the connection under an answer that has not arrived.
constexpr int kLingerMs = 200;
constexpr std::size_t kLingerReadsMax = 64;

// After an accept that failed for want of descriptors.
constexpr int kAcceptPauseMs = 100;

// Longer ones are no path of ours; the library matches paths by a recursive engine.
constexpr std::size_t kPathBytesMax = 1024;

// The library undoes what Content-Encoding names, without a bound; under this name it does not.
constexpr const char* kEncoding = "Weir-Content-Encoding";

constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    "Content-Length: 0\r\n\r\n";

bool IsNumber(const std::string& text) {
  return !text.empty() && text.size() <= 18 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The one way of sending without a length that the library reads to its end and no further.
bool IsChunked(const httplib::Request& request) {
  return request.get_header_value_count("Transfer-Encoding") == 1 &&
         request.get_header_value("Transfer-Encoding") == "chunked";
}

HttpRequest RequestOf(const httplib::Request& request) {
  HttpRequest made{.method = request.method,
                   .path = request.path,
                   .query = {},
                   .authorization = request.get_header_value("Authorization"),
                   .content_type = request.get_header_value("Content-Type"),
                   .content_encoding = request.get_header_value(kEncoding),
                   .host = request.get_header_value("Host"),
                   .origin = request.get_header_value("Origin"),
                   .last_event_id = request.get_header_value("Last-Event-ID"),
                   .body_bytes = ParseCount(request.get_header_value("Content-Length")).value_or(0),
                   .is_chunked = IsChunked(request),
                   .peer = request.remote_addr,
                   .body = request.body};
  for (const auto& [key, value] : request.params) {
    made.query.emplace(key, value);
  }
  return made;
}

void Fill(const HttpResponse& from, httplib::Response& to) {
  to.status = from.status;
  for (const auto& [name, value] : from.headers) {
    to.set_header(name.c_str(), value);
  }
  to.set_content(from.body, from.content_type.c_str());
}

// Why the form of a head is refused; of bodies, only counted ones are read.
std::optional<HttpResponse> Refuse(const httplib::Request& request, const HttpLimits& limits) {
  if (request.path.size() > kPathBytesMax) {
    return HttpResponse{.status = 414, .body = "the path is too long\n"};
  }
  const bool is_chunked = request.has_header("Transfer-Encoding");
  if (is_chunked && (limits.plain_bodies_only || !IsChunked(request))) {
    return HttpResponse{.status = 411, .body = "a body needs a Content-Length\n"};
  }
  if (request.has_header(kEncoding) && limits.plain_bodies_only) {
    return HttpResponse{.status = 415, .body = "a body must not be compressed\n"};
  }
  const std::size_t lengths = request.get_header_value_count("Content-Length");
  if (lengths + (is_chunked ? 1 : 0) > 1 ||
      (lengths == 1 && !IsNumber(request.get_header_value("Content-Length")))) {
    return HttpResponse{.status = 400, .body = "the Content-Length is none\n"};
  }
  return std::nullopt;
}

void HideEncoding(httplib::Request& request) {
  const std::string encoding = request.get_header_value("Content-Encoding");
  request.headers.erase(kEncoding);
  if (request.headers.erase("Content-Encoding") > 0) {
    request.headers.emplace(kEncoding, encoding);
  }
}

bool HasBody(const httplib::Request& request) {
  return IsChunked(request) || (request.has_header("Content-Length") &&
                                request.get_header_value("Content-Length") != "0");
}

// The library's parser and writer, without its sockets and threads.
class Protocol final : private httplib::Server {
 public:
  Protocol(const HttpLimits& limits, HttpServer::Handlers handlers)
      : limits_(limits), handlers_(std::move(handlers)) {
    set_payload_max_length(limits.body_bytes_max);
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      return Admit(request, response);
    });
    const auto answer = [this](const httplib::Request& request, httplib::Response& response) {
      Fill(handlers_.answer(RequestOf(request)), response);
    };
    const std::string any = "[\\s\\S]*";
    Get(any, answer);
    Post(any, answer);
    Put(any, answer);
    set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (response.body.empty()) {
        response.set_content(fmt::format("refused: {}\n", response.status),
                             "text/plain; charset=utf-8");
      }
    });
    set_exception_handler([](const httplib::Request&, httplib::Response& response,
                             const std::exception_ptr&) { response.status = 500; });
  }

  void Serve(BoundedStream& stream) {
    bool closed = false;
    process_request(stream, true, closed, [&](httplib::Request& request) {
      // Multiplies an answer as often as the header says.
      request.ranges.clear();
      HideEncoding(request);
      stream.AllowBody(limits_.body_bytes_max);
    });
  }

 private:
  HandlerResponse Admit(const httplib::Request& request, httplib::Response& response) {
    std::optional<HttpResponse> refused = Refuse(request, limits_);
    if (!refused) {
      refused = handlers_.admit(RequestOf(request));
    }
    // Without a length, the library would read on until the client closes.
    if (!refused && (request.method == "POST" || request.method == "PUT") && !HasBody(request)) {
      refused = handlers_.answer(RequestOf(request));
    }
    if (!refused) {
      return HandlerResponse::Unhandled;
    }
    Fill(*refused, response);
    return HandlerResponse::Handled;
  }

  const HttpLimits limits_;
  const HttpServer::Handlers handlers_;
};

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
        tls_(handlers.tls),
        protocol_(limits, std::move(handlers)) {
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
    if (tls_() == nullptr) {
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
      const std::shared_ptr<const ServerTls> tls = tls_();
      const std::unique_ptr<Wire> wire = MakeWire(fd, tls.get());
      BoundedStream stream(*wire, stop_fd_,
                           {.bytes_max = limits_.head_bytes_max,
                            .read_within = limits_.request_within,
                            .write_within = limits_.answer_within},
                           clock_);
      protocol_.Serve(stream);
      wire->End();
      Linger(fd);
      ::close(fd);
    }
  }

  const ListenSocket socket_;
  const int stop_fd_;  ///< eventfd, readable once Stop was called.
  const HttpLimits limits_;
  const Clock& clock_;
  const std::function<std::shared_ptr<const ServerTls>()> tls_;
  Protocol protocol_;

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
