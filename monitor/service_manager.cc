#include "monitor/service_manager.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

namespace weir::monitor {
namespace {

// Of what sd_watchdog_enabled(3) advises.
constexpr int kSignsPerPeriod = 2;

// SD_LISTEN_FDS_START.
constexpr int kFirstPassed = 3;

}  // namespace

ServiceManager::Environment ServiceManager::Environment::Read() {
  const auto read = [](const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return std::string(value == nullptr ? "" : value);
  };
  return {.notify_socket = read("NOTIFY_SOCKET"),
          .watchdog_us = read("WATCHDOG_USEC"),
          .watchdog_pid = read("WATCHDOG_PID"),
          .listen_fds = read("LISTEN_FDS"),
          .listen_pid = read("LISTEN_PID")};
}

ServiceManager::ServiceManager(const Environment& environment, int pid)
    : socket_(environment.notify_socket) {
  if (environment.listen_pid == fmt::format("{}", pid)) {
    passed_sockets_ = ParseCount(environment.listen_fds).value_or(0);
  }
  if (socket_.empty() || (socket_[0] != '/' && socket_[0] != '@') ||
      socket_.size() >= sizeof(sockaddr_un::sun_path)) {
    socket_.clear();
    return;
  }
  if (socket_[0] == '@') {
    socket_[0] = '\0';  // A name that is no file.
  }
  fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const Result<std::uint64_t> period_us = ParseCount(environment.watchdog_us);
  const bool is_for_us =
      environment.watchdog_pid.empty() || environment.watchdog_pid == fmt::format("{}", pid);
  if (is_for_us && period_us && *period_us > 0) {
    sign_every_ =
        std::chrono::microseconds(static_cast<std::int64_t>(*period_us)) / kSignsPerPeriod;
  }
}

ServiceManager::~ServiceManager() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Result<std::optional<int>> ServiceManager::PassedSocket() const {
  if (passed_sockets_ > 1) {
    return UsageError(
        fmt::format("the service manager passes {} sockets, and one is wanted\n"
                    "  hint: leave one ListenStream= in the socket unit",
                    passed_sockets_));
  }
  return passed_sockets_ == 0 ? std::nullopt : std::optional(kFirstPassed);
}

void ServiceManager::Tell(std::string_view state) const {
  if (fd_ < 0) {
    return;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  static_cast<void>(::sendto(fd_, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&address), length) >= 0);
}

}  // namespace weir::monitor
