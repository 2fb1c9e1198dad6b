// HTTP/1.1 pipelines against a server that breaks them wherever it can.

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <uv.h>

#include "base/check.h"
#include "base/clock.h"
#include "loadgen/engine.h"
#include "loadgen/transport/http1.h"
#include "tests/integration/fault_server.h"
#include "tests/integration/one_worker.h"
#include "tests/loadgen/models.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;
using tests::FaultServer;
using tests::FaultyPeer;

std::string Says(std::string_view body, std::string_view more = "") {
  return fmt::format("HTTP/1.1 200 OK\r\n{}Content-Length: {}\r\n\r\n{}", more, body.size(), body);
}

// What became of each exchange, in the order in which they ended.
class Log final : public TransportEvents {
 public:
  void OnSent(ExchangeId, Instant) override {}

  void OnAnswer(ExchangeId id, const Answer& answer, Instant now) override {
    last = answer.times;
    told = now;
    said += fmt::format("{}:{} ", id, answer.body);
    ++ended;
    if (left > 0) {
      --left;
      started += (*again)->Start(id, *request) == Transport::StartResult::kNoRoom ? 0 : 1;
    }
  }

  void OnBroken(ExchangeId id, RequestError error, Instant) override {
    said += fmt::format("{}:{} ", id, RequestErrorName(error));
    ++ended;
  }

  void OnCapacity(Instant) override { ++capacity; }

  std::string said;
  std::size_t ended = 0;
  ExchangeTimes last;  ///< Of the last answer; its opening is gone.
  Instant told{};
  int capacity = 0;
  int left = 0;
  int started = 0;
  std::unique_ptr<Http1Transport>* again = nullptr;
  const PreparedRequest* request = nullptr;
};

class PipelineTest : public ::testing::Test {
 protected:
  PipelineTest() {
    uv_loop_init(&loop_);
    sockets_ = std::move(*SocketPoll::Create(loop_));
    scenarios::Request request = tests::GetStep("get");
    request.check.body.push_back({scenarios::Matcher::Kind::kContains, "x"});
    prepared_ = tests::PreparedOf(tests::ScenarioOf(tests::ClosedLoad(1, 1s), {request}));
  }

  ~PipelineTest() override {
    transport_.reset();
    sockets_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }

  // One connection, which is open when this returns.
  void Open(FaultServer::Script script, std::uint32_t pipeline = 4,
            std::uint32_t requests_max = 0) {
    server_ = std::make_unique<FaultServer>(std::move(script));
    Http1Transport::Options options;
    options.pipeline = pipeline;
    options.requests_max = requests_max;
    const scenarios::Target target = tests::LocalTarget(server_->port());
    options.dialer.addresses.push_back(*FirstReachable(*Resolve(target), target, 5s));
    transport_ = std::make_unique<Http1Transport>(*sockets_, options, clock_, log_);
    ASSERT_EQ(transport_->Preconnect(1), 1U);
    while (transport_->preconnecting() > 0) {
      sockets_->Turn(SocketPoll::Patience::kWait);
    }
  }

  void StartAll(ExchangeId count) {
    for (ExchangeId id = 0; id < count; ++id) {
      ASSERT_EQ(transport_->Start(id, prepared_.requests[0]), Transport::StartResult::kSent) << id;
    }
  }

  void Await(std::size_t count) {
    const Instant deadline = clock_.Now() + 20s;
    while (log_.ended < count && clock_.Now() < deadline) {
      transport_->DeliverDeferred();
      sockets_->Turn(SocketPoll::Patience::kNone);
    }
    ASSERT_EQ(log_.ended, count) << log_.said;
  }

  const SystemClock clock_;
  uv_loop_t loop_{};
  std::unique_ptr<SocketPoll> sockets_;
  Log log_;
  PreparedScenario prepared_;
  std::unique_ptr<FaultServer> server_;
  std::unique_ptr<Http1Transport> transport_;
};

bool ReadRequests(FaultyPeer& peer, int count) {
  bool all = true;
  for (int i = 0; i < count; ++i) {
    all = all && peer.ReadRequest();
  }
  return all;
}

// Once for an answer that comes in one piece, once for one of which only the end is read late.
TEST_F(PipelineTest, AnAnswerIsWholeWhenItArrivesNotWhenItIsRead) {
  for (const bool in_pieces : {false, true}) {
    SCOPED_TRACE(in_pieces);
    std::atomic<bool> is_stamped = false;
    std::promise<void> begun;
    std::promise<void> goes_on;
    std::promise<void> done;
    Open(
        [&](FaultyPeer& peer) {
          const std::string answer = Says("x");
          bool has_request = peer.ReadRequest();
          while (has_request && !is_stamped) {
            peer.Send(answer);
            has_request = peer.ReadRequest();
          }
          if (!has_request) {
            return;
          }
          const std::size_t first = in_pieces ? 10 : 0;
          peer.Send(answer.substr(0, first));
          begun.set_value();
          goes_on.get_future().wait();
          peer.Send(answer.substr(first));
          done.set_value();
          peer.AwaitClose();
        },
        1);
    // The kernel takes some milliseconds before it stamps.
    const Instant deadline = clock_.Now() + 20s;
    do {
      StartAll(1);
      log_.ended = 0;
      Await(1);
    } while (log_.last.whole == log_.told && clock_.Now() < deadline);
    is_stamped = true;
    log_.ended = 0;
    StartAll(1);
    begun.get_future().wait();
    sockets_->Turn(SocketPoll::Patience::kNone);
    goes_on.set_value();
    done.get_future().wait();
    const Instant arrived = clock_.Now();
    while (clock_.Now() < arrived + 50ms) {
    }
    Await(1);
    EXPECT_GE(log_.told, arrived + 50ms);
    EXPECT_LT(log_.last.whole, arrived + 10ms);
    EXPECT_GT(log_.last.whole, log_.last.written);
    EXPECT_EQ(log_.last.first_byte < log_.last.whole, in_pieces);
    transport_.reset();
  }
}

TEST_F(PipelineTest, AllRequestsAreOnTheWireBeforeTheFirstAnswer) {
  Open([](FaultyPeer& peer) {
    if (ReadRequests(peer, 4)) {
      peer.Send(Says("a") + Says("b") + Says("c") + Says("d"));
      peer.AwaitClose();
    }
  });
  StartAll(4);
  EXPECT_EQ(transport_->Start(4, prepared_.requests[0]), Transport::StartResult::kNoRoom);
  Await(4);
  EXPECT_EQ(log_.said, "0:a 1:b 2:c 3:d ");
  EXPECT_EQ(transport_->connections(), 1U);
}

TEST_F(PipelineTest, AnswersMayComeInAnyPieces) {
  Open([](FaultyPeer& peer) {
    if (ReadRequests(peer, 3)) {
      peer.Trickle(Says("first") + Says("") + Says("third"));
      peer.AwaitClose();
    }
  });
  StartAll(3);
  Await(3);
  EXPECT_EQ(log_.said, "0:first 1: 2:third ");
}

// From the callback of an answer, another request goes behind those that wait.
TEST_F(PipelineTest, AnAnswerMakesRoomForAnother) {
  Open([](FaultyPeer& peer) {
    for (int i = 0; peer.ReadRequest() && peer.Send(Says(std::to_string(i))); ++i) {
    }
  });
  log_.left = 96;
  log_.again = &transport_;
  log_.request = &prepared_.requests[0];
  StartAll(4);
  Await(100);
  EXPECT_EQ(log_.started, 96);
  EXPECT_EQ(server_->connections(), 2U);  // One was made to find the target.
  EXPECT_TRUE(log_.said.starts_with("0:0 1:1 2:2 3:3 0:4 1:5 ")) << log_.said;
}

TEST_F(PipelineTest, NothingGoesBehindAnswersThatCameWithTheEndOfTheConnection) {
  Open([](FaultyPeer& peer) {
    if (ReadRequests(peer, 4)) {
      peer.SendAndHalfClose(Says("a") + Says("b") + Says("c") + Says("d"));
      peer.AwaitClose();
    }
  });
  log_.left = 4;
  log_.again = &transport_;
  log_.request = &prepared_.requests[0];
  StartAll(4);
  Await(4);
  EXPECT_EQ(log_.said, "0:a 1:b 2:c 3:d ");
  EXPECT_EQ(transport_->connections(), log_.started == 0 ? 0U : 1U);
}

TEST_F(PipelineTest, AResetBreaksWhatIsNotAnswered) {
  Open([](FaultyPeer& peer) {
    if (ReadRequests(peer, 4)) {
      peer.Send(Says("a") + "HTTP/1.1 200 OK\r\nContent-Le");
      peer.ResetOnClose();
    }
  });
  StartAll(4);
  Await(4);
  // The reset may overtake the bytes before it, in the kernel.
  EXPECT_TRUE(log_.said == "0:a 1:reset 2:reset 3:reset " ||
              log_.said == "0:reset 1:reset 2:reset 3:reset ")
      << log_.said;
  EXPECT_EQ(transport_->connections(), 0U);
}

TEST_F(PipelineTest, WhatWaitsBehindAnAnswerThatEndsTheConnectionIsClosedEarly) {
  Open([](FaultyPeer& peer) {
    if (ReadRequests(peer, 3)) {
      peer.Send(Says("last", "Connection: close\r\n"));
      peer.AwaitClose();
    }
  });
  StartAll(3);
  Await(3);
  EXPECT_EQ(log_.said, "0:last 1:closed_early 2:closed_early ");
  EXPECT_EQ(transport_->connections(), 0U);
}

TEST_F(PipelineTest, GarbageIsOfTheOneThatItAnswersAndTheRestIsClosedEarly) {
  Open([](FaultyPeer& peer) {
    if (ReadRequests(peer, 3)) {
      peer.Send(Says("a") + "nonsense\r\n\r\n");
      peer.AwaitClose();
    }
  });
  StartAll(3);
  Await(3);
  EXPECT_EQ(log_.said, "0:a 1:malformed 2:closed_early ");
}

TEST_F(PipelineTest, CancellingOneGivesUpItsConnectionAndTheOthersOnIt) {
  Open([](FaultyPeer& peer) { peer.AwaitClose(); });
  StartAll(4);
  transport_->Cancel(2);
  EXPECT_EQ(transport_->connections(), 0U);
  EXPECT_EQ(transport_->deferred_at(), Instant::min());
  Await(3);
  EXPECT_EQ(log_.said, "1:closed_early 3:closed_early 0:closed_early ");
}

TEST_F(PipelineTest, AConnectionTakesNoMoreThanItsShareOfRequests) {
  Open(
      [](FaultyPeer& peer) {
        while (peer.ReadRequest() && peer.Send(Says("x"))) {
        }
      },
      4, 3);
  StartAll(3);
  EXPECT_EQ(transport_->Start(3, prepared_.requests[0]), Transport::StartResult::kNoRoom);
  Await(3);
  EXPECT_EQ(log_.said, "0:x 1:x 2:x ");
  EXPECT_EQ(transport_->connections(), 0U);
}

TEST_F(PipelineTest, BytesThatNobodyAskedForEndTheConnection) {
  Open([](FaultyPeer& peer) {
    if (ReadRequests(peer, 2)) {
      peer.Send(Says("a") + Says("b") + Says("c"));
      peer.AwaitClose();
    }
  });
  StartAll(2);
  Await(2);
  EXPECT_EQ(log_.said, "0:a 1:b ");
  EXPECT_EQ(transport_->connections(), 0U);
}

// Every connection dies after five answers, with more requests on it: the books balance.
TEST(PipelineEngineTest, TheBooksBalanceWhenConnectionsDieInTheMiddle) {
  FaultServer server([](FaultyPeer& peer) {
    for (int i = 0; i < 5 && peer.ReadRequest(); ++i) {
      peer.Send(Says("ok"));
    }
    peer.ResetOnClose();
  });
  scenarios::Load load = tests::ClosedLoad(8, 10s);
  load.rounds_max = 200;
  load.connections_max = 2;
  scenarios::Scenario scenario = tests::OneStepScenario(load);
  scenario.connection.pipeline = 4;
  const SystemClock clock;
  EngineOptions options;
  options.threads = 1;
  auto engine = Engine::Create(scenario, tests::LocalTarget(server.port()), options, clock);
  ASSERT_TRUE(engine) << engine.error().message;
  tests::NullSink sink;
  const EngineResult result = (*engine)->Run(sink);
  ASSERT_EQ(result.totals.size(), 1U);
  const StepRecord& record = result.totals.front();
  EXPECT_EQ(record.counts.planned, 200U);
  EXPECT_TRUE(record.counts.Balanced());
  EXPECT_GT(record.counts.of(Outcome::kCompleted), 50U);
  EXPECT_GT(record.counts.of(Outcome::kFailed), 0U);
  EXPECT_EQ(record.counts.of(Outcome::kCompleted) + record.counts.of(Outcome::kFailed), 200U);
}

}  // namespace
}  // namespace weir::loadgen
