#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace weir::monitor {

/// The service manager that started this process (systemd), as far as it wants to be told:
/// datagrams to the socket that it names in the environment. One thread at a time. Source:
/// sd_notify(3), sd_watchdog_enabled(3).
class ServiceManager {
 public:
  struct Environment {
    std::string notify_socket;  ///< $NOTIFY_SOCKET: a path, or @NAME; empty: nobody listens.
    std::string watchdog_us;    ///< $WATCHDOG_USEC; empty: it does not watch.
    std::string watchdog_pid;   ///< $WATCHDOG_PID; empty, or whom it watches.
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

 private:
  std::string socket_;  // As in sockaddr_un; empty: nobody listens.
  int fd_ = -1;
  std::optional<Nanos> sign_every_;
};

}  // namespace weir::monitor
