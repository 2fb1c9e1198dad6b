// What this machine and its network may do to a run: descriptors and ports that run out, packets
// that are lost. Real sockets; what needs a network of one's own is skipped where the kernel does
// not allow it.

#include <cerrno>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>

#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "loadgen/engine.h"
#include "tests/integration/fault_server.h"
#include "tests/integration/one_worker.h"
#include "tests/loadgen/models.h"

namespace weir::tests {
namespace {

using namespace std::chrono_literals;

// All the time that a busy machine may take.
constexpr Nanos kPatience = 10s;

scenarios::Scenario ShortScenario(scenarios::Client client, Nanos timeout) {
  scenarios::Request request = GetStep("get");
  request.timeout = timeout;
  scenarios::Load load = OpenLoad(100, 150ms);
  load.drain = kPatience;
  scenarios::Scenario scenario = ScenarioOf(std::move(load), {request});
  scenario.connection.client = client;
  return scenario;
}

class ClientTest : public testing::TestWithParam<scenarios::Client> {};

INSTANTIATE_TEST_SUITE_P(Clients, ClientTest,
                         testing::Values(scenarios::Client::kNative, scenarios::Client::kCurl),
                         [](const auto& client) {
                           return client.param == scenarios::Client::kNative ? "Native" : "Curl";
                         });

// The one connection is closed after its answer, and the limit has fallen by then, below what is
// open already: no other can be opened.
TEST_P(ClientTest, NoMoreDescriptorsIsNamedAndEndsNothing) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  FaultServer server([&before](FaultyPeer& peer) {
    if (peer.ReadRequest()) {
      const rlimit none{1, before.rlim_max};
      EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
      peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    }
  });
  scenarios::Scenario scenario = ShortScenario(GetParam(), kPatience);
  scenario.load.connections_max = 1;
  const std::unique_ptr<loadgen::Engine> engine = OneWorkerEngine(scenario, server.port());
  ASSERT_NE(engine, nullptr);
  NullSink sink;
  const loadgen::EngineResult result = engine->Run(sink);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(result.state, RunState::kComplete);
  const StepRecord& record = result.totals.at(0);
  EXPECT_TRUE(record.counts.Balanced());
  EXPECT_EQ(record.counts.of(Outcome::kCompleted), 1U);
  EXPECT_EQ(RequestErrorName(RequestError::kNoDescriptor), "no_descriptor");
  EXPECT_EQ(record.errors[static_cast<std::size_t>(RequestError::kNoDescriptor)], 14U);
}

TEST(OwnLimitsTest, MoreConnectionsThanFilesIsSaidBeforeTheRun) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max > 900'000) {
    GTEST_SKIP() << "no scenario can ask for more";
  }
  FaultServer server([](FaultyPeer& peer) { peer.AwaitClose(); });
  scenarios::Scenario scenario = ShortScenario(scenarios::Client::kNative, kPatience);
  scenario.load.connections_max = static_cast<std::uint32_t>(limit.rlim_max) + 1;
  const SystemClock clock;
  const auto engine = loadgen::Engine::Create(scenario, LocalTarget(server.port()), {}, clock);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(engine.error().message.find("ulimit -n"), std::string::npos) << engine.error().message;
}

/// Gives this thread, and those that it starts from now on, a network with nothing but a loopback
/// device. Empty, or why it cannot be had.
std::string EnterNetworkOfOnesOwn() {
  if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    return std::string("no network namespace is allowed here: ") +
           std::generic_category().message(errno);
  }
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq loopback{};
  std::string("lo").copy(static_cast<char*>(loopback.ifr_name), IFNAMSIZ - 1);
  loopback.ifr_flags = IFF_UP;
  const bool up = ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
  close(fd);
  return up ? std::string() : std::string("its loopback device cannot be switched on");
}

// Four ports, and each connection takes its port with it for a minute: the first few requests
// time out, all others have no port to leave from. ctest gives each test a process of its own, so
// the network of this thread is nobody else's.
TEST_P(ClientTest, NoMorePortsIsNamedAndEndsNothing) {
  if (const std::string denied = EnterNetworkOfOnesOwn(); !denied.empty()) {
    GTEST_SKIP() << denied;
  }
  FaultServer server([](FaultyPeer& peer) { peer.AwaitClose(); });
  const scenarios::Scenario scenario = ShortScenario(GetParam(), 60ms);
  const std::unique_ptr<loadgen::Engine> engine = OneWorkerEngine(scenario, server.port());
  ASSERT_NE(engine, nullptr);
  {
    std::ofstream range("/proc/sys/net/ipv4/ip_local_port_range");
    if (!(range << "20000 20003" << std::flush)) {
      GTEST_SKIP() << "the range of ports of this network cannot be set";
    }
  }
  NullSink sink;
  const loadgen::EngineResult result = engine->Run(sink);
  EXPECT_EQ(result.state, RunState::kComplete);
  const StepRecord& record = result.totals.at(0);
  EXPECT_TRUE(record.counts.Balanced());
  EXPECT_EQ(record.counts.planned, 15U);
  EXPECT_EQ(RequestErrorName(RequestError::kNoLocalPort), "no_local_port");
  EXPECT_GE(record.errors[static_cast<std::size_t>(RequestError::kNoLocalPort)], 8U);
}

// TCP waits 200 ms before it sends a segment again.
TEST_P(ClientTest, LostPacketsAreInTheEvidence) {
  FaultServer server([](FaultyPeer& peer) {
    if (!peer.ReadRequest() || !peer.SendAndLoseAnswers(kGoodAnswer, 300ms)) {
      return;
    }
    while (peer.ReadRequest() && peer.Send(kGoodAnswer)) {
    }
  });
  scenarios::Scenario scenario = ShortScenario(GetParam(), kPatience);
  scenario.load = ClosedLoad(1, 800ms);
  scenario.load.drain = kPatience;
  const std::unique_ptr<loadgen::Engine> engine = OneWorkerEngine(scenario, server.port());
  ASSERT_NE(engine, nullptr);
  NullSink sink;
  const loadgen::EngineResult result = engine->Run(sink);
  EXPECT_TRUE(result.answered);
  EXPECT_GE(result.evidence.retransmits.value_or(0), 1U);
}

TEST_P(ClientTest, ASoundNetworkSendsNothingAgain) {
  FaultServer server([](FaultyPeer& peer) {
    while (peer.ReadRequest() && peer.Send(kGoodAnswer)) {
    }
  });
  const std::unique_ptr<loadgen::Engine> engine =
      OneWorkerEngine(ShortScenario(GetParam(), kPatience), server.port());
  ASSERT_NE(engine, nullptr);
  NullSink sink;
  const loadgen::EngineResult result = engine->Run(sink);
  EXPECT_EQ(result.totals.at(0).counts.of(Outcome::kCompleted), 15U);
  EXPECT_EQ(result.evidence.retransmits, 0U);
}

}  // namespace
}  // namespace weir::tests
