// How connections are opened, kept and replaced, over real sockets.

#include <memory>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "loadgen/engine.h"
#include "tests/integration/fault_server.h"
#include "tests/integration/one_worker.h"
#include "tests/loadgen/models.h"

namespace weir::tests {
namespace {

using namespace std::chrono_literals;

class ConnectionsTest : public testing::Test {
 protected:
  // 40 requests, 5 ms apart, and never two at a time.
  StepRecord Run(const scenarios::Pool& pool, const std::string& host = "127.0.0.1") {
    scenarios::Load load = OpenLoad(200, 200ms);
    load.connections_max = 1;
    load.pool = pool;
    const SystemClock clock;
    loadgen::EngineOptions options;
    options.threads = 1;
    auto engine = loadgen::Engine::Create(OneStepScenario(load), LocalTarget(server_.port(), host),
                                          options, clock);
    EXPECT_TRUE(engine) << engine.error().message;
    NullSink sink;
    const loadgen::EngineResult result = (*engine)->Run(sink);
    EXPECT_EQ(result.totals.at(0).counts.of(Outcome::kCompleted), 40U);
    return result.totals.at(0);
  }

  // All parts together are the response time after the send lag, to the nanosecond.
  static void ExpectPartsAddUp(const StepRecord& record) {
    double parts_ns = 0;
    for (const auto& [part, spans] : record.parts) {
      parts_ns += spans.sum_ns();
    }
    const LatencySet& all = record.latency.at(Outcome::kCompleted);
    EXPECT_EQ(parts_ns, all.response.sum_ns() - all.send_lag.sum_ns());
  }

  // Without the one that is made before the run to see that the target lives.
  std::uint32_t connections() const { return server_.connections() - 1; }

  FaultServer server_{[](FaultyPeer& peer) {
    while (peer.ReadRequest() && peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) {
    }
  }};
};

TEST_F(ConnectionsTest, AreKeptByDefault) {
  const StepRecord record = Run({});
  EXPECT_EQ(connections(), 1U);
  ExpectPartsAddUp(record);
  EXPECT_EQ(record.parts.count(LatencyPart::kConnect), 0U) << "it was open before the first one";
}

TEST_F(ConnectionsTest, CarryAsManyRequestsAsTheyMay) {
  scenarios::Pool pool;
  pool.requests_max = 8;
  ExpectPartsAddUp(Run(pool));
  EXPECT_EQ(connections(), 5U);
}

TEST_F(ConnectionsTest, AreOpenedForEachRequestWithoutKeepAlive) {
  scenarios::Pool pool;
  pool.keep_alive = false;
  const StepRecord record = Run(pool);
  EXPECT_EQ(connections(), 40U);
  ExpectPartsAddUp(record);
  EXPECT_EQ(record.parts.at(LatencyPart::kConnect).count(), 39U) << "all but the first";
}

// Lifetimes that no delay of ours can make ambiguous: every connection is older, or none is.
TEST_F(ConnectionsTest, AreReplacedWhenTheyAreTooOld) {
  scenarios::Pool pool;
  pool.lifetime = 1ns;
  Run(pool);
  EXPECT_EQ(connections(), 41U) << "one before the run, and one for each request";
}

TEST_F(ConnectionsTest, AreKeptWhileTheyAreYoung) {
  scenarios::Pool pool;
  pool.lifetime = 1h;
  Run(pool);
  EXPECT_EQ(connections(), 1U);
}

TEST_F(ConnectionsTest, AreOpenedNoFasterThanTheRate) {
  scenarios::Pool pool;
  pool.requests_max = 4;
  pool.open_rate = Rate::PerSecond(100);
  const StepRecord record = Run(pool);
  EXPECT_EQ(connections(), 10U);
  ExpectPartsAddUp(record);
  EXPECT_EQ(record.counts.planned, 40U);
}

TEST_F(ConnectionsTest, LookTheNameUpEachTime) {
  scenarios::Pool pool;
  pool.dns = scenarios::DnsPolicy::kEach;
  pool.requests_max = 4;
  const StepRecord record = Run(pool, "localhost");
  ExpectPartsAddUp(record);
  EXPECT_EQ(record.parts.at(LatencyPart::kDns).count(), 9U);
}

TEST_F(ConnectionsTest, ComeFromTheSourcesInTurn) {
  scenarios::Pool pool;
  pool.sources = {"127.0.0.2", "127.0.0.3"};
  pool.requests_max = 4;
  Run(pool);
  EXPECT_EQ(connections(), 10U);
  EXPECT_EQ(server_.peers(), (std::set<std::string>{"127.0.0.1", "127.0.0.2", "127.0.0.3"}));
}

TEST_F(ConnectionsTest, GoWhereTheyAreSent) {
  scenarios::Pool pool;
  pool.connect_to = {"127.0.0.1", server_.port()};
  Run(pool, "no-such-host.invalid");
  EXPECT_EQ(connections(), 1U);
}

TEST(ConnectionsErrorTest, ASourceThatIsNotOursIsSaidBeforeTheRun) {
  FaultServer server([](FaultyPeer& peer) { peer.AwaitClose(); });
  scenarios::Load load = OpenLoad(1, 1s);
  load.pool.sources = {"192.0.2.1"};
  const SystemClock clock;
  const auto engine =
      loadgen::Engine::Create(OneStepScenario(load), LocalTarget(server.port()), {}, clock);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().kind, ErrorKind::kUsage);
  EXPECT_NE(engine.error().message.find("192.0.2.1"), std::string::npos);
}

}  // namespace
}  // namespace weir::tests
