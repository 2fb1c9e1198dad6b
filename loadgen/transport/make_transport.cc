#include "loadgen/transport/make_transport.h"

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/text.h"
#include "loadgen/transport/command.h"
#include "loadgen/transport/curl.h"
#include "loadgen/transport/http1.h"
#include "loadgen/transport/http2.h"
#include "loadgen/transport/libcurl.h"
#include "loadgen/transport/pair.h"

namespace weir::loadgen {
namespace {

using scenarios::Protocol;

bool IsTls(const TransportOptions& options) {
  return options.target.scheme == scenarios::Target::Scheme::kHttps;
}

Result<std::unique_ptr<TlsContext>> MakeTls(const TransportOptions& options) {
  return TlsContext::Create(
      {options.connection.tls, options.target.host, options.connection.protocol});
}

std::string_view HintFor(RequestError error) {
  switch (error) {
    case RequestError::kTlsExpired:
      return "renew the certificate, check the clock, or pass --insecure";
    case RequestError::kTlsWrongName:
      return "use the name in the certificate, say it with --sni, or pass --insecure";
    case RequestError::kTlsUnknownCa:
      return "name the authority with --cacert FILE, or pass --insecure";
    case RequestError::kTlsCertificate:
      return "pass --insecure to take the certificate all the same";
    case RequestError::kTlsVersion:
      return "widen --tls-min and --tls-max, or --ciphers";
    case RequestError::kTlsClientCertificate:
      return "give a client certificate that it trusts with --cert and --key";
    case RequestError::kNotTls:
      return "is it an http:// address?";
    case RequestError::kNoHttp2:
      return "leave out --http2 ('protocol: h2')";
    default:
      return "is it a TLS server, and is the port right?";
  }
}

// A blocking socket with a limit on each wait.
class BlockingSocket {
 public:
  BlockingSocket(const SocketAddress& address, Nanos timeout)
      : fd_(socket(address.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(timeout);
    timeval limit{};
    limit.tv_sec = static_cast<time_t>(whole.count() / 1'000'000);
    limit.tv_usec = static_cast<suseconds_t>(whole.count() % 1'000'000);
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    connected_ = fd_ >= 0 && connect(fd_, address.get(), address.length) == 0;
  }

  BlockingSocket(const BlockingSocket&) = delete;
  BlockingSocket& operator=(const BlockingSocket&) = delete;

  ~BlockingSocket() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }

  bool connected() const { return connected_; }

  bool Send(std::string& bytes) const {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    const bool whole = sent == static_cast<ssize_t>(bytes.size());
    bytes.clear();
    return whole;
  }

  /// Empty when the peer closed or nothing came in time.
  std::string_view Receive() {
    const ssize_t length = recv(fd_, buffer_.data(), buffer_.size(), 0);
    return {buffer_.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
  }

 private:
  int fd_;
  bool connected_ = false;
  std::array<char, 16 * 1024> buffer_{};
};

// In TLS 1.3 the client is done before the server has judged its certificate: the verdict comes
// with the first record after the handshake, a session ticket or an alert.
void AwaitVerdict(BlockingSocket& socket, TlsSession& session) {
  session.Feed(socket.Receive());
  while (!session.Read().empty()) {
  }
}

}  // namespace

Result<OwnedTransport> OwnedTransport::Create(SocketPoll& sockets, const TransportOptions& options,
                                              const Clock& clock, TransportEvents& events) {
  OwnedTransport made;
  if (options.programs) {
    made.transport_ = std::make_unique<CommandTransport>(
        sockets.loop(), CommandTransport::Options{.programs_max = options.connections_max}, clock,
        events);
    return made;
  }
  if (options.connection.client == scenarios::Client::kCurl) {
    if (Status loaded = LoadLibcurl(); !loaded) {
      return tl::unexpected(loaded.error());
    }
    made.transport_ = std::make_unique<CurlTransport>(
        sockets.loop(),
        CurlTransport::Options{options.connections_max, options.target, options.connection}, clock,
        events);
    return made;
  }
  if (IsTls(options)) {
    Result<std::unique_ptr<TlsContext>> tls = MakeTls(options);
    if (!tls) {
      return tl::unexpected(tls.error());
    }
    made.tls_ = std::move(*tls);
  }
  if (options.connection.protocol == Protocol::kHttp2) {
    made.transport_ = std::make_unique<Http2Transport>(
        sockets.loop(),
        Http2Transport::Options{options.dialer, options.connections_max,
                                options.connection.streams_max, made.tls_.get()},
        clock, events);
  } else {
    made.transport_ = std::make_unique<Http1Transport>(
        sockets,
        Http1Transport::Options{options.dialer, options.connections_max, options.requests_max,
                                options.lifetime, made.tls_.get(), options.connection.pipeline},
        clock, events);
  }
  return made;
}

Result<OwnedTransport> OwnedTransport::CreatePair(SocketPoll& sockets,
                                                  const std::array<TransportOptions, 2>& options,
                                                  const Clock& clock, TransportEvents& events) {
  std::array<OwnedTransport, 2> sides;
  for (std::size_t side = 0; side < sides.size(); ++side) {
    Result<OwnedTransport> made = Create(sockets, options[side], clock, events);
    if (!made) {
      return made;
    }
    sides[side] = *std::move(made);
  }
  OwnedTransport pair;
  pair.transport_ = std::make_unique<PairTransport>(std::move(sides));
  return pair;
}

Status CheckTls(const TransportOptions& options, Nanos timeout) {
  if (!IsTls(options)) {
    return {};
  }
  const Result<std::unique_ptr<TlsContext>> context = MakeTls(options);
  if (!context) {
    return tl::unexpected(context.error());
  }
  BlockingSocket socket(options.dialer.addresses.front(), timeout);
  TlsSession session(**context);
  bool alive = socket.connected() && socket.Send(session.output());
  while (alive && session.state() == TlsSession::State::kHandshaking) {
    const std::string_view bytes = socket.Receive();
    alive = !bytes.empty();
    session.Feed(bytes);
    alive = (session.output().empty() || socket.Send(session.output())) && alive;
  }
  if (session.state() == TlsSession::State::kHandshaking) {
    session.OnEnd();
  }
  const bool no_h2 = session.state() == TlsSession::State::kOpen &&
                     options.connection.protocol == Protocol::kHttp2 && session.alpn() != "h2";
  if (session.state() == TlsSession::State::kOpen && !no_h2 &&
      !options.connection.tls.certificate_file.empty()) {
    AwaitVerdict(socket, session);
  }
  if (session.state() != TlsSession::State::kFailed && !no_h2) {
    return {};
  }
  const RequestError error = no_h2 ? RequestError::kNoHttp2 : session.error();
  return Unavailable(
      fmt::format("no TLS connection to target {}: {} ({})\n  hint: {}", options.target.Url(),
                  no_h2 ? "it does not offer HTTP/2" : Printable(session.error_text(), 200),
                  RequestErrorName(error), HintFor(error)));
}

}  // namespace weir::loadgen
