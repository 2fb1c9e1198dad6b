#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace weir::monitor {

/// The service manager that started this process (systemd), as far as it wants to be told:
/// datagrams to the socket that it names in the environment; and what it passes. One thread at a
/// time. Source: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3).
class ServiceManager {
 public:
  struct Environment {
    std::string notify_socket;    ///< $NOTIFY_SOCKET: a path, or @NAME; empty: nobody listens.
    std::string watchdog_us;      ///< $WATCHDOG_USEC; empty: it does not watch.
    std::string watchdog_pid;     ///< $WATCHDOG_PID; empty, or whom it watches.
    std::string listen_fds = {};  ///< $LISTEN_FDS: how many sockets it passes; empty: none.
    std::string listen_pid = {};  ///< $LISTEN_PID: to whom.

    /// Of this process; before any thread is started.
    static Environment Read();
  };

  /// Nothing is sent for it. `pid`: of this process.
  ServiceManager(const Environment& environment, int pid);

  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  /// "READY=1". One that cannot be sent is no error: who does not listen need not be told.
  void Tell(std::string_view state) const;

  /// How often it wants a sign of life; it kills who gives none for twice as long. Nothing: it does
  /// not watch.
  std::optional<Nanos> sign_every() const { return sign_every_; }

  /// The socket that it passes, which goes on listening when this process ends; nothing: it passes
  /// none. Errors: kUsage: it passes several.
  Result<std::optional<int>> PassedSocket() const;

 private:
  std::string socket_;  // As in sockaddr_un; empty: nobody listens.
  int fd_ = -1;
  std::optional<Nanos> sign_every_;
  std::uint64_t passed_sockets_ = 0;
};

}  // namespace weir::monitor
