#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"
#include "target/options.h"

namespace weir::target {

/// What a server has counted. requests = answered + abandoned, once Run has returned.
struct ServerCounters {
  std::uint64_t connections = 0;          ///< Accepted.
  std::uint64_t connections_refused = 0;  ///< Closed at once: kConnectionsMax were open.
  std::uint64_t requests = 0;             ///< Read whole, or found malformed.
  std::uint64_t malformed = 0;            ///< Of these: answered 4xx/5xx for their form and closed.
  std::uint64_t answered = 0;             ///< Answer written whole.
  std::uint64_t abandoned = 0;            ///< Client left, or Stop came, before the answer.
};

/// Open connections at any time; the next one is accepted, closed and counted.
inline constexpr std::uint32_t kConnectionsMax = 60'000;

/// An HTTP/1.1 server with dialled-in latency, errors and stalls: the calibration source of the
/// load generator, with which it shares no code (docs/decisions/0001-target-is-its-own-room.md).
/// What it does on the wire, and the arithmetic of its delays, is in docs/target.md.
///
/// One thread: whoever calls Run. Stop may be called from anywhere; everything else before Run or
/// after it has returned.
class Server {
 public:
  /// Binds and listens, so that clients may connect from here on, and opens the truth file.
  /// `clock` must outlive the server and read CLOCK_MONOTONIC (SystemClock), since the kernel's
  /// timer does. Errors: kUsage (options out of range, no such local address, privileged port),
  /// kUnavailable (port in use, truth file cannot be written, out of file descriptors).
  static Result<std::unique_ptr<Server>> Create(const TargetOptions& options, const Clock& clock);

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// The port listened on; the same for both addresses of `localhost`.
  std::uint16_t port() const;

  /// `127.0.0.1:8080`, `[::1]:8080`: what is listened on, ready to stand in a URL.
  const std::vector<std::string>& addresses() const;

  /// Where the periods of `every` begin: the instant of Create, on CLOCK_MONOTONIC.
  Instant epoch() const;

  /// Serves until Stop, then closes every connection and the truth file. Call once.
  /// Errors: kUnavailable if the truth file is not whole (disk full, or slower than the load); the
  /// server ends within a second of noticing, for a truth with holes is of no use.
  Status Run();

  /// Makes Run return soon. From any thread or a signal handler, any number of times, also before
  /// or after Run; not after the destructor has begun.
  void Stop();

  /// Before or after Run.
  ServerCounters counters() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

/// Raises this process's soft limit of open files to its hard one, so that thousands of
/// connections fit. Call once, early; returns the limit then in force.
std::uint64_t RaiseOpenFileLimit();

}  // namespace weir::target
