#include "monitor/service_manager.h"

#include <array>
#include <chrono>
#include <string>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

// What systemd listens on.
class Listener {
 public:
  explicit Listener(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }

  ~Listener() { ::close(fd_); }

  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// The next datagram; empty when there is none.
  std::string Take() const {
    std::array<char, 100> buffer{};
    const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    return size <= 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

 private:
  const int fd_;
};

TEST(ServiceManagerTest, IsToldByADatagram) {
  const tests::TempDir folder;
  const std::string path = folder.File("notify");
  const Listener listener(path);
  const ServiceManager manager({.notify_socket = path}, 7);
  manager.Tell("READY=1");
  EXPECT_EQ(listener.Take(), "READY=1");
  EXPECT_FALSE(manager.sign_every());
}

TEST(ServiceManagerTest, WantsTwoSignsOfLifeInAPeriodOfWhomItWatches) {
  ServiceManager::Environment environment{
      .notify_socket = "/nowhere", .watchdog_us = "30000000", .watchdog_pid = "7"};
  EXPECT_EQ(ServiceManager(environment, 7).sign_every(), Nanos(15s));
  EXPECT_FALSE(ServiceManager(environment, 8).sign_every());
  environment.watchdog_pid.clear();
  EXPECT_EQ(ServiceManager(environment, 8).sign_every(), Nanos(15s));
  environment.watchdog_us = "soon";
  EXPECT_FALSE(ServiceManager(environment, 8).sign_every());
}

TEST(ServiceManagerTest, WithoutASocketNobodyIsToldAndNothingHappens) {
  for (const std::string& socket :
       {std::string(), std::string("relative"), std::string(200, '/')}) {
    const ServiceManager manager({.notify_socket = socket, .watchdog_us = "1000000"}, 7);
    manager.Tell("READY=1");
    EXPECT_FALSE(manager.sign_every());
  }
}

TEST(ServiceManagerTest, PassesASocketToWhomItStarted) {
  ServiceManager::Environment environment{.listen_fds = "1", .listen_pid = "7"};
  EXPECT_EQ(ServiceManager(environment, 7).PassedSocket().value(), 3);
  EXPECT_EQ(ServiceManager(environment, 8).PassedSocket().value(), std::nullopt)
      << "not to a child";
  environment.listen_fds = "2";
  EXPECT_FALSE(ServiceManager(environment, 7).PassedSocket());
  environment.listen_fds = "many";
  EXPECT_EQ(ServiceManager(environment, 7).PassedSocket().value(), std::nullopt);
  EXPECT_EQ(ServiceManager({}, 7).PassedSocket().value(), std::nullopt);
}

}  // namespace
}  // namespace weir::monitor
