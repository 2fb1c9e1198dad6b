#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"
#include "monitor/internal/listen_socket.h"
#include "monitor/server_tls.h"

namespace weir::monitor {

/// A request. Everything in it comes from the network.
struct HttpRequest {
  std::string method;
  std::string path;  ///< Decoded, without the query.
  std::map<std::string, std::string> query;
  std::string authorization;
  std::string content_type;
  std::string content_encoding = {};  ///< Of the body, which is as it came.
  std::string host = {};              ///< Header Host.
  std::string origin = {};            ///< Header Origin: the page that asks, in a browser.
  std::string last_event_id = {};     ///< Header Last-Event-ID.
  std::uint64_t body_bytes = 0;       ///< Header Content-Length; also before the body is read.
  bool is_chunked = false;            ///< Its length is known when the body was read.
  std::string peer;                   ///< Address, without port.
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string body = {};
  std::string content_type = "text/plain; charset=utf-8";
  std::map<std::string, std::string> headers = {};  ///< Ours only: never from a request.
};

/// What one client, and all of them together, may take.
struct HttpLimits {
  std::size_t threads = 16;       ///< Requests at work at a time.
  std::size_t waiting_max = 128;  ///< Connections that wait for a thread; more are sent away, 503.
  std::size_t head_bytes_max = 16 * 1024;
  std::size_t body_bytes_max = 64 * 1024;
  bool plain_bodies_only = true;  ///< Refuses compressed and chunked ones, unseen by the handlers.

  /// From when a thread takes it to the last byte of a request, a handshake of TLS included.
  Nanos request_within = std::chrono::seconds(5);
  Nanos answer_within = std::chrono::seconds(5);  ///< From the first byte of an answer to its last.
};

/// An HTTP/1.1 server, one request per connection, within HttpLimits: Boost.Beast parses, the
/// limits, threads and sockets are ours (docs/decisions/0005-http-service.md).
///
/// Thread rule: one owner; the handlers are called from several threads at a time.
class HttpServer {
 public:
  struct Handlers {
    /// Before the body is read; an answer ends the matter (not allowed, asks too often).
    std::function<std::optional<HttpResponse>(const HttpRequest& head)> admit;
    std::function<HttpResponse(const HttpRequest& request)> answer;

    /// With what the next connection is answered over TLS; null: it is answered without.
    std::function<std::shared_ptr<const ServerTls>()> tls = [] { return nullptr; };
  };

  /// Serves who comes to `socket` from here on. `clock` must outlive it. Errors: kUnavailable.
  static Result<std::unique_ptr<HttpServer>> Start(ListenSocket socket, const HttpLimits& limits,
                                                   Handlers handlers, const Clock& clock);

  /// Stop.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;

  /// Takes no more requests, ends reading, and waits until what is being answered is answered.
  void Stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::monitor
