#include "monitor/internal/listen_socket.h"

#include <optional>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weir::monitor {
namespace {

using testing::HasSubstr;

// A socket as a service manager makes it: it blocks, and goes to the program that is started.
class Passed {
 public:
  explicit Passed(const ListenAddress& at) {
    const Result<ListenSocket> made = ListenSocket::Open(at);
    fd_ = ::dup(made->fd());
    port_ = made->port();
    ::fcntl(fd_, F_SETFL, 0);
  }

  ~Passed() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }

  Passed(const Passed&) = delete;
  Passed& operator=(const Passed&) = delete;

  int fd() const { return fd_; }

  std::uint16_t port() const { return port_; }

  void GiveAway() { fd_ = -1; }

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

TEST(ListenSocketTest, AdoptsOneThatListensAtTheAddress) {
  Passed passed({.host = "127.0.0.1", .port = 0});
  const auto socket =
      ListenSocket::AdoptOrOpen(passed.fd(), {.host = "127.0.0.1", .port = passed.port()});
  ASSERT_TRUE(socket) << socket.error().message;
  passed.GiveAway();
  EXPECT_EQ(socket->port(), passed.port());
  EXPECT_NE(::fcntl(socket->fd(), F_GETFL) & O_NONBLOCK, 0) << "two processes may wait for it";
  EXPECT_NE(::fcntl(socket->fd(), F_GETFD) & FD_CLOEXEC, 0)
      << "programs of channels must not have it";
}

TEST(ListenSocketTest, AdoptsAtAnyPortWhenNoneIsAskedFor) {
  Passed passed({.host = "::1", .port = 0});
  const auto socket = ListenSocket::Adopt(passed.fd(), {.host = "0:0:0:0:0:0:0:1", .port = 0});
  ASSERT_TRUE(socket) << socket.error().message;
  passed.GiveAway();
  EXPECT_EQ(socket->port(), passed.port());
}

// "Loopback, so no tokens are needed" must not be said of a socket that all can reach.
TEST(ListenSocketTest, RefusesOneAtAnotherAddress) {
  const Passed passed({.host = "0.0.0.0", .port = 0});
  const auto socket =
      ListenSocket::Adopt(passed.fd(), {.host = "127.0.0.1", .port = passed.port()});
  ASSERT_FALSE(socket);
  EXPECT_THAT(socket.error().message, HasSubstr("0.0.0.0 port"));
  EXPECT_THAT(socket.error().message, HasSubstr("127.0.0.1 port"));
  EXPECT_EQ(::fcntl(passed.fd(), F_GETFD) & FD_CLOEXEC, 0) << "it is as it was";
}

TEST(ListenSocketTest, RefusesWhatDoesNotListen) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const int datagrams = ::socket(AF_INET, SOCK_DGRAM, 0);
  const int local = ::socket(AF_UNIX, SOCK_STREAM, 0);
  for (const int each : {fd, datagrams, local, 4000}) {
    const auto socket = ListenSocket::Adopt(each, {});
    ASSERT_FALSE(socket);
    EXPECT_THAT(socket.error().message, HasSubstr("does not listen"));
  }
  for (const int each : {fd, datagrams, local}) {
    ::close(each);
  }
}

}  // namespace
}  // namespace weir::monitor
