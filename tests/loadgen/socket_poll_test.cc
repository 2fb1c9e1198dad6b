// Edge-triggered waiting beside libuv, over real sockets.

#include "loadgen/transport/socket_poll.h"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weir::loadgen {
namespace {

using Patience = SocketPoll::Patience;

// One end of a connection, which reads as it is told to, and the other end.
class Peer final : public SocketPoll::Listener {
 public:
  explicit Peer(SocketPoll& sockets) : sockets_(sockets) {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends_.data()), 0);
    EXPECT_EQ(sockets_.Add(ends_[0], *this), 0);
  }

  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  ~Peer() {
    Leave();
    close(ends_[0]);
    HangUp();
  }

  void OnReadable(bool is_last) override {
    ++told;
    was_last = is_last;
    std::array<char, 64> buffer{};
    const ssize_t got = recv(ends_[0], buffer.data(), read_at_most, 0);
    heard.append(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    if (calls_again) {
      sockets_.Again(ends_[0], *this);
    }
    if (removes != nullptr) {
      removes->Leave();
    }
  }

  void Say(const std::string& text) const {
    EXPECT_EQ(send(ends_[1], text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  void HangUp() {
    if (ends_[1] >= 0) {
      close(std::exchange(ends_[1], -1));
    }
  }

  void Leave() {
    if (watched_) {
      watched_ = false;
      sockets_.Remove(ends_[0]);
    }
  }

  int told = 0;
  bool was_last = false;
  std::string heard;
  std::size_t read_at_most = 64;
  bool calls_again = false;
  Peer* removes = nullptr;

 private:
  SocketPoll& sockets_;
  std::array<int, 2> ends_{-1, -1};
  bool watched_ = true;
};

class SocketPollTest : public testing::Test {
 protected:
  SocketPollTest() {
    uv_loop_init(&loop_);
    sockets_ = std::move(*SocketPoll::Create(loop_));
  }

  ~SocketPollTest() override {
    sockets_.reset();
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }

  // libuv closes in a turn of its own.
  void Close(uv_handle_t* handle) {
    bool closed = false;
    handle->data = &closed;
    uv_close(handle, [](uv_handle_t* gone) { *static_cast<bool*>(gone->data) = true; });
    sockets_->Turn(Patience::kWait);
    EXPECT_TRUE(closed);
  }

  // The next turn tells a handle of libuv that something has come.
  void ExpectTheLoopIsHeard() {
    int rung = 0;
    uv_async_t bell{};
    uv_async_init(&loop_, &bell, [](uv_async_t* handle) { ++*static_cast<int*>(handle->data); });
    bell.data = &rung;
    uv_async_send(&bell);
    sockets_->Turn(Patience::kWait);
    EXPECT_EQ(rung, 1);
    Close(reinterpret_cast<uv_handle_t*>(&bell));
  }

  uv_loop_t loop_{};
  std::unique_ptr<SocketPoll> sockets_;
};

TEST_F(SocketPollTest, TellsOnceOfWhatHasCome) {
  Peer peer(*sockets_);
  sockets_->Turn(Patience::kNone);
  EXPECT_EQ(peer.told, 0);
  peer.Say("one");
  sockets_->Turn(Patience::kWait);
  sockets_->Turn(Patience::kNone);
  EXPECT_EQ(peer.told, 1);
  EXPECT_FALSE(peer.was_last);
  peer.Say("two");
  sockets_->Turn(Patience::kWait);
  EXPECT_EQ(peer.told, 2);
  EXPECT_EQ(peer.heard, "onetwo");
}

TEST_F(SocketPollTest, TellsAgainOfWhatWasLeftOnlyWhenAsked) {
  Peer peer(*sockets_);
  peer.read_at_most = 2;
  peer.Say("abcdef");
  sockets_->Turn(Patience::kWait);
  sockets_->Turn(Patience::kNone);
  EXPECT_EQ(peer.heard, "ab");
  peer.calls_again = true;
  peer.Say("gh");
  for (int turn = 0; turn < 3; ++turn) {
    sockets_->Turn(Patience::kNone);
  }
  EXPECT_EQ(peer.heard, "abcdefgh");
}

TEST_F(SocketPollTest, SaysInTheSameEventThatThePeerHasGone) {
  Peer peer(*sockets_);
  peer.Say("bye");
  peer.HangUp();
  sockets_->Turn(Patience::kWait);
  EXPECT_EQ(peer.told, 1);
  EXPECT_TRUE(peer.was_last);
  EXPECT_EQ(peer.heard, "bye");
}

TEST_F(SocketPollTest, SaysThatThePeerHasGoneAfterWhatItSaid) {
  Peer peer(*sockets_);
  peer.Say("bye");
  sockets_->Turn(Patience::kWait);
  EXPECT_FALSE(peer.was_last);
  peer.HangUp();
  sockets_->Turn(Patience::kWait);
  EXPECT_EQ(peer.told, 2);
  EXPECT_TRUE(peer.was_last);
}

TEST_F(SocketPollTest, DoesNotTellOfASocketThatWasTakenOff) {
  Peer stays(*sockets_);
  Peer goes(*sockets_);
  goes.Say("x");
  goes.Leave();
  stays.Say("y");
  sockets_->Turn(Patience::kWait);
  EXPECT_EQ(goes.told, 0);
  EXPECT_EQ(stays.told, 1);
}

// What was there when it was taken off may still be told of, but in this turn only.
TEST_F(SocketPollTest, OneListenerMayTakeAnotherOff) {
  Peer first(*sockets_);
  Peer second(*sockets_);
  first.removes = &second;
  first.Say("x");
  second.Say("y");
  sockets_->Turn(Patience::kWait);
  const int told = second.told;
  second.Say("z");
  sockets_->Turn(Patience::kNone);
  EXPECT_EQ(second.told, told);
}

TEST_F(SocketPollTest, RunsTheLoopBesideTheSockets) {
  const Peer peer(*sockets_);
  ExpectTheLoopIsHeard();
  int gone_off = 0;
  uv_timer_t timer{};
  uv_timer_init(&loop_, &timer);
  timer.data = &gone_off;
  uv_update_time(&loop_);
  uv_timer_start(
      &timer, [](uv_timer_t* handle) { ++*static_cast<int*>(handle->data); }, 3, 0);
  while (gone_off == 0) {
    sockets_->Turn(Patience::kWait);
  }
  Close(reinterpret_cast<uv_handle_t*>(&timer));
}

// A handle that is new to libuv is watched from the turn on in which nobody else has anything.
TEST_F(SocketPollTest, WatchesForTheLoopWhatIsNew) {
  const Peer peer(*sockets_);
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  int told = 0;
  uv_poll_t poll{};
  uv_poll_init(&loop_, &poll, ends[0]);
  poll.data = &told;
  uv_poll_start(&poll, UV_READABLE,
                [](uv_poll_t* handle, int, int) { ++*static_cast<int*>(handle->data); });
  sockets_->Turn(Patience::kWait);
  EXPECT_EQ(told, 1);
  Close(reinterpret_cast<uv_handle_t*>(&poll));
  close(ends[0]);
  close(ends[1]);
}

TEST_F(SocketPollTest, WithoutSocketsItIsTheLoop) {
  ExpectTheLoopIsHeard();
}

}  // namespace
}  // namespace weir::loadgen
