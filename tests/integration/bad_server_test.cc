// What bad servers do, over real sockets: each fault is an error kind with a name and a count, none
// ends the run, and the books balance. Leaks are what the sanitizers find in these tests.

#include <algorithm>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "loadgen/engine.h"
#include "tests/integration/fault_server.h"
#include "tests/integration/one_worker.h"
#include "tests/loadgen/models.h"

namespace weir::tests {
namespace {

using namespace std::chrono_literals;

// Servers that answer at all have all the time that a busy machine may take.
constexpr Nanos kPatience = 10s;
constexpr Nanos kNoPatience = 60ms;

scenarios::Scenario ShortScenario(Nanos timeout = kPatience) {
  scenarios::Request request = GetStep("get");
  request.timeout = timeout;
  scenarios::Load load = OpenLoad(100, 150ms);
  load.drain = kPatience;
  return ScenarioOf(std::move(load), {request});
}

StepRecord RunAgainst(const scenarios::Scenario& scenario, std::uint16_t port) {
  const std::unique_ptr<loadgen::Engine> engine = OneWorkerEngine(scenario, port);
  NullSink sink;
  loadgen::EngineResult result;
  if (engine != nullptr) {
    result = engine->Run(sink);
  }
  EXPECT_EQ(result.state, RunState::kComplete);
  EXPECT_EQ(result.totals.size(), 1U);
  return result.totals.empty() ? StepRecord() : result.totals.front();
}

std::uint64_t Errors(const StepRecord& record, RequestError error) {
  return record.errors[static_cast<std::size_t>(error)];
}

std::string NamesOf(const StepRecord& record) {
  std::string names;
  for (std::size_t i = 0; i < kRequestErrorCount; ++i) {
    if (record.errors[i] > 0) {
      names +=
          fmt::format(" {} {}", record.errors[i], RequestErrorName(static_cast<RequestError>(i)));
    }
  }
  return names;
}

/// A fault and what it must be called.
struct Fault {
  std::string name;
  RequestError error;
  FaultServer::Script script;
};

class BadServerTest : public testing::TestWithParam<Fault> {};

TEST_P(BadServerTest, IsNamedAndCountedAndEndsNothing) {
  FaultServer server(GetParam().script);
  const bool waits = GetParam().error == RequestError::kTimeout;
  const StepRecord record =
      RunAgainst(ShortScenario(waits ? kNoPatience : kPatience), server.port());
  EXPECT_EQ(record.counts.planned, 15U);
  EXPECT_TRUE(record.counts.Balanced());
  EXPECT_EQ(record.counts.of(Outcome::kCompleted), 0U);
  // Late ones may find the run over; nothing may have any other name.
  const std::uint64_t named = Errors(record, GetParam().error);
  EXPECT_GE(named, 8U) << RequestErrorName(GetParam().error);
  EXPECT_EQ(named + Errors(record, RequestError::kRunEnded), record.counts.planned)
      << NamesOf(record);
}

// Answers each request with `bytes`, then closes.
FaultServer::Script Says(std::string bytes) {
  return [bytes = std::move(bytes)](FaultyPeer& peer) {
    while (peer.ReadRequest() && peer.Send(bytes)) {
      peer.HalfClose();
    }
  };
}

// The same, and resets the connection.
FaultServer::Script ResetsAfter(std::string bytes) {
  return [bytes = std::move(bytes)](FaultyPeer& peer) {
    if (peer.ReadRequest()) {
      peer.Send(bytes);
      peer.ResetOnClose();
    }
  };
}

// Sends `head` and then `filling` without end.
FaultServer::Script NeverEnds(std::string head, std::string filling) {
  return [head = std::move(head), filling = std::move(filling)](FaultyPeer& peer) {
    std::string block;
    while (block.size() < 60'000) {
      block += filling;
    }
    if (peer.ReadRequest() && peer.Send(head)) {
      while (peer.Send(block)) {
      }
    }
  };
}

FaultServer::Script Trickles(std::string bytes) {
  return [bytes = std::move(bytes)](FaultyPeer& peer) {
    while (peer.ReadRequest() && peer.Trickle(bytes)) {
    }
  };
}

const std::string kOk = "HTTP/1.1 200 OK\r\n";
const std::string kChunked = kOk + "Transfer-Encoding: chunked\r\n\r\n";

INSTANTIATE_TEST_SUITE_P(
    Faults, BadServerTest,
    testing::Values(
        Fault{"Garbage", RequestError::kMalformed, Says("SSH-2.0-OpenSSH_9.2\r\n")},
        Fault{"BinaryGarbage", RequestError::kMalformed, Says(std::string("\0\1\2\xff\n", 5))},
        Fault{"BadLength", RequestError::kMalformed, Says(kOk + "Content-Length: two\r\n\r\nok")},
        Fault{"BadChunk", RequestError::kMalformed, Says(kChunked + "zz\r\n")},
        Fault{"ClosesAtOnce", RequestError::kClosedEarly,
              [](FaultyPeer& peer) { peer.ReadRequest(); }},
        Fault{"TruncatedStatusLine", RequestError::kClosedEarly, Says("HTTP/1.")},
        Fault{"TruncatedHead", RequestError::kClosedEarly, Says(kOk + "Content-Le")},
        Fault{"TruncatedBody", RequestError::kClosedEarly,
              Says(kOk + "Content-Length: 100\r\n\r\nabc")},
        Fault{"TruncatedChunk", RequestError::kClosedEarly, Says(kChunked + "10\r\nabc")},
        Fault{"TruncatedTrailer", RequestError::kClosedEarly, Says(kChunked + "0\r\nX: y\r\n")},
        Fault{"EndlessStatusLine", RequestError::kTooLarge, NeverEnds("HTTP/1.1 200 ", "a")},
        Fault{"EndlessHead", RequestError::kTooLarge, NeverEnds(kOk, "X-Y: z\r\n")},
        Fault{"EndlessTrailers", RequestError::kTooLarge,
              NeverEnds(kChunked + "0\r\n", "X: y\r\n")},
        Fault{"EndlessInterimAnswers", RequestError::kTooLarge,
              NeverEnds("", "HTTP/1.1 100 Continue\r\n\r\n")},
        Fault{"OversizeLength", RequestError::kTooLarge,
              Says(kOk + "Content-Length: 99999999999999999999\r\n\r\n")},
        Fault{"EndlessBody", RequestError::kTimeout, NeverEnds(kOk + "\r\n", "abcdefgh")},
        Fault{"EndlessChunks", RequestError::kTimeout, NeverEnds(kChunked, "1\r\na\r\n")},
        Fault{"SlowLorisInHead", RequestError::kTimeout, Trickles(kOk + std::string(5000, 'x'))},
        Fault{"SlowLorisInBody", RequestError::kTimeout,
              Trickles(kOk + "Content-Length: 5000\r\n\r\n" + std::string(5000, 'x'))},
        Fault{"NeverAnswers", RequestError::kTimeout, [](FaultyPeer& peer) { peer.AwaitClose(); }},
        Fault{"ResetsBeforeTheAnswer", RequestError::kReset, ResetsAfter("")},
        Fault{"ResetsInTheHead", RequestError::kReset, ResetsAfter("HTTP/1.1 2")},
        Fault{"ResetsInTheBody", RequestError::kReset,
              ResetsAfter(kOk + "Content-Length: 9\r\n\r\nab")},
        Fault{"ResetsInABodyToTheEnd", RequestError::kReset, ResetsAfter(kOk + "\r\nab")},
        Fault{"ResetsInAChunk", RequestError::kReset, ResetsAfter(kChunked + "4\r\nab")}),
    [](const auto& fault) { return fault.param.name; });

TEST(GoodServerTest, ThatHalfClosesAfterItsAnswerHasAnswered) {
  FaultServer server([](FaultyPeer& peer) {
    if (peer.ReadRequest()) {
      peer.SendAndHalfClose(kGoodAnswer);
      peer.AwaitClose();
    }
  });
  const StepRecord record = RunAgainst(ShortScenario(), server.port());
  EXPECT_EQ(record.counts.of(Outcome::kCompleted), 15U);
}

// The end came with the answer, so the next request of the user goes elsewhere.
TEST(GoodServerTest, ThatHalfClosesWithItsAnswerIsNotAskedAgainOnThatConnection) {
  FaultServer server([](FaultyPeer& peer) {
    if (peer.ReadRequest()) {
      peer.SendAndHalfClose(kGoodAnswer);
      peer.AwaitClose();
    }
  });
  scenarios::Load load = ClosedLoad(1, 150ms);
  load.drain = kPatience;
  const StepRecord record =
      RunAgainst(ScenarioOf(std::move(load), {GetStep("get")}), server.port());
  EXPECT_GE(record.counts.of(Outcome::kCompleted), 1U);
  EXPECT_EQ(record.counts.of(Outcome::kFailed), 0U) << NamesOf(record);
}

// Whoever sends more than was asked for may be one answer ahead for ever: a cache poisoned by one
// byte. Its connection is not used again.
TEST(GoodServerTest, ThatSaysMoreThanItWasAskedLosesItsConnection) {
  FaultServer server([](FaultyPeer& peer) {
    while (peer.ReadRequest() && peer.Send(std::string(kGoodAnswer) + "HTTP/1.1 500 No\r\n")) {
    }
  });
  const StepRecord record = RunAgainst(ShortScenario(), server.port());
  EXPECT_EQ(record.counts.of(Outcome::kCompleted), 15U);
  EXPECT_GE(server.connections(), 15U);
}

TEST(DeadServerTest, ThatStopsListeningRefuses) {
  auto server = std::make_unique<FaultServer>([](FaultyPeer& peer) { peer.ReadRequest(); });
  const std::unique_ptr<loadgen::Engine> engine = OneWorkerEngine(ShortScenario(), server->port());
  ASSERT_NE(engine, nullptr);
  server->Close();
  NullSink sink;
  const loadgen::EngineResult result = engine->Run(sink);
  EXPECT_EQ(Errors(result.totals.at(0), RequestError::kConnectRefused), 15U);
  EXPECT_FALSE(result.answered);
}

}  // namespace
}  // namespace weir::tests
