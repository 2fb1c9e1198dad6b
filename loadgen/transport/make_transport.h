#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "loadgen/transport/dialer.h"
#include "loadgen/transport/socket_poll.h"
#include "loadgen/transport/tls.h"
#include "loadgen/transport/worker_transport.h"
#include "scenarios/scenario.h"

namespace weir::loadgen {

/// Where the connections of a worker go, and how.
struct TransportOptions {
  Dialer::Options dialer;  ///< Not looked at by libcurl.
  std::uint32_t connections_max = 1;
  std::uint32_t requests_max = 0;  ///< HTTP/1.1: as in Http1Transport::Options, like the next.
  Nanos lifetime{0};
  scenarios::Target target;
  scenarios::Connection connection;
  bool programs = false;  ///< They are run, at most connections_max at a time; the rest is unused.
};

/// The transport that a scenario asks for, with its TLS context if the target is https.
class OwnedTransport {
 public:
  /// References must outlive it. Errors: kUsage (files and ciphers of TLS),
  /// kUnavailable (libcurl).
  static Result<OwnedTransport> Create(SocketPoll& sockets, const TransportOptions& options,
                                       const Clock& clock, TransportEvents& events);

  /// One to each of a pair of targets, as one. Errors: as Create.
  static Result<OwnedTransport> CreatePair(SocketPoll& sockets,
                                           const std::array<TransportOptions, 2>& options,
                                           const Clock& clock, TransportEvents& events);

  WorkerTransport* operator->() const { return transport_.get(); }

  WorkerTransport& operator*() const { return *transport_; }

 private:
  std::unique_ptr<TlsContext> tls_;  ///< Destroyed after the transport that uses it.
  std::unique_ptr<WorkerTransport> transport_;
};

/// Makes one connection as the run will and does its TLS handshake, so that a target that cannot
/// be had is told before anything is recorded. Blocks, at most `timeout`. Nothing to do for
/// http://. Errors: kUsage (files and ciphers), kUnavailable, with what OpenSSL says and a way out.
Status CheckTls(const TransportOptions& options, Nanos timeout);

}  // namespace weir::loadgen
