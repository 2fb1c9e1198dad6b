// What the server promises about time, checked from its truth file, and how it starts and ends.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>

#include <gtest/gtest.h>

#include "target/behaviour.h"
#include "target/internal/listen_socket.h"
#include "tests/target/running_server.h"

namespace weir::target {
namespace {

using namespace std::chrono_literals;

void Exchange(TestClient& client, int times) {
  for (int i = 0; i < times; ++i) {
    ASSERT_TRUE(client.Send(Get()));
    ASSERT_TRUE(client.Read());
  }
}

/// Runs until the server has read as many requests as the test has sent: an answer to a later
/// request on another connection proves it, since the loop reads sockets in turn.
void WaitUntilRead(RunningServer& server) {
  TestClient other = server.Connect();
  ASSERT_TRUE(other.Send("garbage\r\n"));
  ASSERT_EQ(other.Read()->status, 400);
}

TEST(ServerTruthTest, HeaderStatesParametersAndEpoch) {
  RunningServer server({.latency = *ParseLatency("fixed:1ms"),
                        .slow_tail = {.factor = 1.2, .quantile = 0.95},
                        .stall = 500ms,
                        .every = 5s,
                        .error_ratio = 0.01,
                        .seed = 42});
  const std::string epoch = std::to_string(server.server().epoch().time_since_epoch().count());
  const TruthFile truth = server.Stop();
  ASSERT_EQ(truth.comments.size(), 2U);
  EXPECT_TRUE(truth.comments[0].starts_with(
      "# weir.truth/1 clock=CLOCK_MONOTONIC epoch_ns=" + epoch + " epoch_wall="));
  EXPECT_EQ(truth.comments[1],
            "# latency=fixed:1ms slow_tail=1.2:0.95 stall_ns=500000000 every_ns=5000000000 "
            "error_ratio=0.01 body_bytes=1000 seed=42");
  EXPECT_EQ(truth.columns, "arrival_ns,service_ns,planned_ns,status");
}

TEST(ServerTruthTest, LatencyIsNeverLessThanPlanned) {
  RunningServer server({.latency = *ParseLatency("exponential:500us")});
  TestClient client = server.Connect();
  const Instant begin = server.Now();
  Exchange(client, 100);
  const Instant end = server.Now();
  const TruthFile truth = server.Stop();
  ASSERT_EQ(truth.rows.size(), 100U);
  std::int64_t earliest = begin.time_since_epoch().count();
  for (const TruthRow& row : truth.rows) {
    EXPECT_GE(row.arrival_ns, earliest);
    EXPECT_GE(row.service_ns, row.planned_ns);
    earliest = row.arrival_ns + row.service_ns;
  }
  EXPECT_LE(earliest, end.time_since_epoch().count() + 5'000'000'000);
}

TEST(ServerTruthTest, NthRequestGetsNthDraw) {
  const TargetOptions options{.latency = *ParseLatency("lognormal:100us:0.5"),
                              .slow_tail = {.factor = 2, .quantile = 0.8},
                              .error_ratio = 0.2,
                              .seed = 99};
  RunningServer server(options);
  TestClient client = server.Connect();
  Exchange(client, 60);
  const TruthFile truth = server.Stop();
  Behaviour expected(options, Instant(0s));
  ASSERT_EQ(truth.rows.size(), 60U);
  for (const TruthRow& row : truth.rows) {
    const Plan plan = expected.Next(Instant(0s), 0);
    EXPECT_EQ(row.planned_ns, plan.planned.count());
    EXPECT_EQ(row.status, plan.status);
  }
}

TEST(ServerTruthTest, ASpinningServerKeepsTheSameArithmetic) {
  RunningServer server({.latency = *ParseLatency("fixed:2ms"), .spin = true});
  TestClient client = server.Connect();
  Exchange(client, 10);
  const TruthFile truth = server.Stop();
  ASSERT_EQ(truth.rows.size(), 10U);
  for (const TruthRow& row : truth.rows) {
    EXPECT_GE(row.service_ns, row.planned_ns);
  }
}

// Closed loops of several clients over some periods: each answer leaves at or after the instant
// that the documented arithmetic gives, and some arrivals are seen to wait for a stall's end.
TEST(ServerTruthTest, StallsHoldAnswersWhileRequestsAreStillRead) {
  constexpr Nanos kStall = 15ms;
  constexpr Nanos kEvery = 30ms;
  RunningServer server({.latency = *ParseLatency("fixed:200us"), .stall = kStall, .every = kEvery});
  const Instant epoch = server.server().epoch();
  const StallSchedule stalls(epoch, kStall, kEvery);
  std::vector<TestClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(server.Connect());
  }
  while (server.Now() < epoch + 3 * kEvery) {
    for (TestClient& client : clients) {
      ASSERT_TRUE(client.Send(Get()));
    }
    for (TestClient& client : clients) {
      ASSERT_TRUE(client.Read());
    }
  }
  int held = 0;
  for (const TruthRow& row : server.Stop().rows) {
    const Instant arrival{Nanos(row.arrival_ns)};
    const Instant release = stalls.Release(arrival + Nanos(row.planned_ns));
    EXPECT_GE(arrival + Nanos(row.service_ns), release);
    held += release > arrival + Nanos(row.planned_ns) ? 1 : 0;
  }
  EXPECT_GE(held, 1);
}

TEST(ServerTruthTest, AnswersAtOnceWhenNothingIsToWaitFor) {
  RunningServer server;
  TestClient client = server.Connect();
  Exchange(client, 20);
  for (const TruthRow& row : server.Stop().rows) {
    EXPECT_EQ(row.planned_ns, 0);
    EXPECT_GT(row.service_ns, 0);
  }
}

TEST(ServerTruthTest, ClientsThatLeaveAreAccountedForInEveryPhase) {
  RunningServer server({.latency = *ParseLatency("fixed:30s")});
  {
    TestClient idle = server.Connect();
    TestClient in_head = server.Connect();
    in_head.Send("GET / HT");
    TestClient in_body = server.Connect();
    in_body.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
    TestClient waiting = server.Connect();
    waiting.Send(Get() + Get());
    TestClient resetting = server.Connect();
    resetting.Send(Get());
    TestClient malformed = server.Connect();
    malformed.Send("garbage\r\n");
    WaitUntilRead(server);
    resetting.Reset();
  }
  WaitUntilRead(server);
  const TruthFile truth = server.Stop();
  std::size_t abandoned = 0;
  for (const TruthRow& row : truth.rows) {
    abandoned += row.status == 0 ? 1 : 0;
    EXPECT_LT(row.service_ns, 30'000'000'000);
  }
  EXPECT_EQ(abandoned, 3U);
  EXPECT_EQ(server.server().counters().abandoned, 3U);
}

TEST(ServerTruthTest, SurvivesClientsThatLeaveInTheMiddleOfAnAnswer) {
  RunningServer server({.body_bytes = 8'000'000});
  for (const bool reset : {false, true}) {
    for (int i = 0; i < 5; ++i) {
      TestClient client = server.Connect();
      client.ShrinkReceiveBuffer();
      ASSERT_TRUE(client.Send(Get() + Get()));
      WaitUntilRead(server);
      if (reset) {
        client.Reset();
      }
    }
  }
  TestClient last = server.Connect();
  Exchange(last, 1);
  const TruthFile truth = server.Stop();
  EXPECT_EQ(truth.rows.back().status, 200);
}

TEST(ServerStopTest, StopsWhileBusy) {
  RunningServer server({.latency = *ParseLatency("exponential:1ms")});
  std::vector<std::thread> threads;
  std::atomic<int> answered{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&server, &answered] {
      TestClient client = server.Connect();
      while (client.Send(Get() + Get() + Get()) && client.Read() && client.Read() &&
             client.Read()) {
        answered += 3;
      }
    });
  }
  while (answered < 30) {
    std::this_thread::yield();
  }
  const TruthFile truth = server.Stop();
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_GE(truth.rows.size(), 30U);
}

TEST(ServerStopTest, MayComeBeforeAndAfterRun) {
  const SystemClock clock;
  std::unique_ptr<Server> server = *Server::Create({}, clock);
  server->Stop();
  EXPECT_TRUE(server->Run());
  server->Stop();
  server->Stop();
}

TEST(ServerStopTest, ServerThatNeverRunsIsFreed) {
  const SystemClock clock;
  const std::unique_ptr<Server> server = *Server::Create({}, clock);
  const TestClient client(server->port());
  EXPECT_TRUE(client.connected());
}

TEST(ServerStopTest, LeavesTheSignalMaskAsItWas) {
  const SystemClock clock;
  std::unique_ptr<Server> server = *Server::Create({}, clock);
  server->Stop();
  ASSERT_TRUE(server->Run());
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGPIPE), 0);
}

Error CreateError(const TargetOptions& options) {
  const SystemClock clock;
  const Result<std::unique_ptr<Server>> server = Server::Create(options, clock);
  return server ? Error{} : server.error();
}

TEST(ServerCreateTest, SaysWhoHasThePort) {
  RunningServer first;
  const std::uint16_t port = first.server().port();
  const Error error = CreateError({.port = port});
  EXPECT_EQ(error.kind, ErrorKind::kUnavailable);
  EXPECT_EQ(error.message, "cannot listen on 127.0.0.1:" + std::to_string(port) +
                               ": another program has the port; choose another --port, or 0 for a "
                               "free one");
}

TEST(ServerCreateTest, SaysWhatIsWrongWithAHost) {
  const Error name = CreateError({.host = "web1"});
  EXPECT_EQ(name.kind, ErrorKind::kUsage);
  EXPECT_EQ(name.message,
            "--host 'web1' is not an address; write localhost or a numeric one such as 127.0.0.1, "
            "0.0.0.0, ::1 or ::");
  const Error foreign = CreateError({.host = "192.0.2.1"});
  EXPECT_EQ(foreign.kind, ErrorKind::kUsage);
  EXPECT_EQ(foreign.message,
            "cannot listen on 192.0.2.1:0: this machine has no such address; choose another "
            "--host, or localhost");
}

TEST(ServerCreateTest, SaysWhyAPrivilegedPortIsRefused) {
  const Error error = ListenError("127.0.0.1:80", EACCES);
  EXPECT_EQ(error.kind, ErrorKind::kUsage);
  EXPECT_EQ(error.message,
            "cannot listen on 127.0.0.1:80: ports below 1024 need privileges; choose a --port from "
            "1024 on, or 0 for a free one");
}

TEST(ServerCreateTest, RefusesATruthFileThatCannotBeWritten) {
  const Error error = CreateError({.truth_path = "/nonexistent/truth.csv"});
  EXPECT_EQ(error.kind, ErrorKind::kUnavailable);
  EXPECT_NE(error.message.find("No such file or directory"), std::string::npos);
}

TEST(ServerCreateTest, RefusesOptionsOutOfRange) {
  EXPECT_EQ(CreateError({.stall = 1s}).kind, ErrorKind::kUsage);
}

TEST(ServerCreateTest, AcceptsBracketsAroundIpv6) {
  const SystemClock clock;
  const Result<std::unique_ptr<Server>> server = Server::Create({.host = "[::1]"}, clock);
  if (!server) {
    GTEST_SKIP() << "no IPv6 here: " << server.error().message;
  }
  EXPECT_EQ((*server)->addresses()[0], "[::1]:" + std::to_string((*server)->port()));
}

}  // namespace
}  // namespace weir::target
