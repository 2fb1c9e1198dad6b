#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <uv.h>

#include "base/check.h"
#include "loadgen/transport/make_transport.h"
#include "tests/support/certificates.h"
#include "tests/support/nginx_server.h"
#include "tests/support/temp_dir.h"

// What every transport must do alike, against a server that is not ours.
namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;
using scenarios::Client;
using scenarios::Matcher;
using scenarios::Protocol;

struct Way {
  const char* name;
  Protocol protocol;
  Client client;
  bool tls;
  std::uint32_t pipeline = 1;
};

// Names the parameter in failures.
void PrintTo(const Way& way, std::ostream* out) {
  *out << way.name;
}

// What a transport told, and a bound on how long to wait for it.
class Log final : public TransportEvents {
 public:
  struct Ended {
    ExchangeId id = 0;
    int status = 0;
    RequestError error = RequestError::kNone;
    std::string head;
    std::string body;
  };

  void OnSent(ExchangeId, Instant) override { ++sent; }

  void OnAnswer(ExchangeId id, const Answer& answer, Instant) override {
    ended.push_back({id, answer.status, RequestError::kNone, std::string(answer.head),
                     std::string(answer.body)});
    EXPECT_GT(answer.bytes_received, 0U);
    if (left > 0) {
      --left;
      EXPECT_NE((*again)->Start(id, *request), Transport::StartResult::kNoRoom);
    }
  }

  void OnBroken(ExchangeId id, RequestError error, Instant) override {
    ended.push_back({id, 0, error, "", ""});
  }

  void OnCapacity(Instant) override { ++capacity; }

  std::vector<Ended> ended;
  int sent = 0;
  int capacity = 0;
  // Starts `left` more, each from the answer to the one before.
  int left = 0;
  OwnedTransport* again = nullptr;
  const PreparedRequest* request = nullptr;
};

class TransportConformanceTest : public ::testing::TestWithParam<Way> {
 protected:
  TransportConformanceTest() {
    const Way& way = GetParam();
    std::string listen = way.tls ? "ssl" : "";
    std::string lines;
    if (way.protocol == Protocol::kHttp2) {
      listen += " http2";
    }
    if (way.tls) {
      const tests::Certificate peer = authority_.Issue({{"IP:127.0.0.1"}});
      lines = "ssl_certificate " + dir_.Write("c.pem", peer.certificate) +
              "; ssl_certificate_key " + dir_.Write("k.pem", peer.key) + ";";
    }
    server_ = std::make_unique<tests::NginxServer>(listen, lines + " keepalive_requests 50;");
    server_->Serve("hello", "hello, weir");
    uv_loop_init(&loop_);
    sockets_ = std::move(*SocketPoll::Create(loop_));
  }

  ~TransportConformanceTest() override {
    transport_ = OwnedTransport();
    sockets_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }

  void Open(std::uint32_t connections, std::uint32_t streams = 1) {
    TransportOptions options;
    options.connections_max = connections;
    options.target.host = "127.0.0.1";
    options.target.port = server_->port();
    options.target.scheme =
        GetParam().tls ? scenarios::Target::Scheme::kHttps : scenarios::Target::Scheme::kHttp;
    options.connection.protocol = GetParam().protocol;
    options.connection.client = GetParam().client;
    options.connection.streams_max = streams;
    options.connection.pipeline = GetParam().pipeline;
    options.connection.tls.ca_file = dir_.Write("ca.pem", authority_.certificate());
    options.dialer.addresses.push_back(
        *FirstReachable(*Resolve(options.target), options.target, 5s));
    Result<OwnedTransport> made = OwnedTransport::Create(*sockets_, options, clock_, log_);
    WEIR_CHECK(made.has_value());
    transport_ = std::move(*made);
  }

  // A request of the scenario that this way would run.
  PreparedScenario Prepared(const scenarios::Request& request) const {
    scenarios::Scenario scenario;
    scenario.connection.protocol = GetParam().protocol;
    scenario.connection.client = GetParam().client;
    scenarios::Flow flow;
    flow.actions.emplace_back(request);
    scenario.flows.push_back(flow);
    scenario.load.stages.emplace_back(scenarios::ClosedStage{1, 1, 1s});
    scenarios::Target target;
    target.host = "127.0.0.1";
    target.port = server_->port();
    return std::move(*Prepare(scenario, target));
  }

  static scenarios::Request Get(const std::string& path) {
    scenarios::Request request;
    request.path = path;
    return request;
  }

  // Turns the loop until `count` exchanges have ended.
  void Await(std::size_t count) {
    const Instant deadline = clock_.Now() + 20s;
    while (log_.ended.size() < count && clock_.Now() < deadline) {
      transport_->DeliverDeferred();
      const bool idle = transport_->deferred_at() == Instant::max();
      sockets_->Turn(idle ? SocketPoll::Patience::kWait : SocketPoll::Patience::kNone);
    }
    ASSERT_EQ(log_.ended.size(), count);
  }

  const tests::Authority authority_;
  const tests::TempDir dir_;
  const SystemClock clock_;
  std::unique_ptr<tests::NginxServer> server_;
  uv_loop_t loop_{};
  std::unique_ptr<SocketPoll> sockets_;
  Log log_;
  OwnedTransport transport_;
};

TEST_P(TransportConformanceTest, AnAnswerHasItsStatusHeadAndBody) {
  scenarios::Request request = Get("/hello");
  request.check.headers.push_back({"content-length", {Matcher::Kind::kContains, "11"}});
  request.check.body.push_back({Matcher::Kind::kContains, "weir"});
  const PreparedScenario prepared = Prepared(request);
  Open(1);
  transport_->Start(0, prepared.requests[0]);
  Await(1);
  EXPECT_EQ(log_.ended[0].status, 200);
  EXPECT_EQ(log_.ended[0].body, "hello, weir");
  const Answer answer{200, log_.ended[0].head, log_.ended[0].body, 1, {}};
  EXPECT_EQ(prepared.requests[0].check.Judge(answer), RequestError::kNone) << log_.ended[0].head;
}

TEST_P(TransportConformanceTest, AnErrorStatusIsAnAnswer) {
  const PreparedScenario prepared = Prepared(Get("/missing"));
  Open(1);
  transport_->Start(3, prepared.requests[0]);
  Await(1);
  EXPECT_EQ(log_.ended[0].id, 3U);
  EXPECT_EQ(log_.ended[0].status, 404);
}

// nginx ends each connection after 50 requests (HTTP/2: by GOAWAY), and another takes its place.
TEST_P(TransportConformanceTest, AnAnswerMayStartTheNextRequest) {
  const PreparedScenario prepared = Prepared(Get("/hello"));
  Open(4);
  log_.left = 300;
  log_.again = &transport_;
  log_.request = &prepared.requests[0];
  transport_->Start(0, prepared.requests[0]);
  transport_->Start(1, prepared.requests[0]);
  Await(302);
  EXPECT_LE(transport_->connections(), 4U);
  for (const Log::Ended& each : log_.ended) {
    EXPECT_EQ(each.status, 200);
  }
}

// Of what is on its way when nginx says so, some it has not begun: those are sent again.
TEST_P(TransportConformanceTest, RequestsThatAGoingConnectionReturnsAreSentAgain) {
  if (GetParam().protocol != Protocol::kHttp2) {
    GTEST_SKIP() << "of GOAWAY only";
  }
  const PreparedScenario prepared = Prepared(Get("/hello"));
  Open(2, 32);
  for (ExchangeId id = 0; id < 300; ++id) {
    if (transport_->Start(id, prepared.requests[0]) == Transport::StartResult::kNoRoom) {
      ASSERT_GE(id, 64U);
      Await(id);
      ASSERT_NE(transport_->Start(id, prepared.requests[0]), Transport::StartResult::kNoRoom);
    }
  }
  Await(300);
  for (const Log::Ended& each : log_.ended) {
    EXPECT_EQ(each.status, 200);
  }
}

TEST_P(TransportConformanceTest, BodiesLargerThanEveryWindowComeWhole) {
  const std::string large(1'500'000, 'w');
  server_->Serve("large", large);
  scenarios::Request request = Get("/large");
  request.check.body.push_back({Matcher::Kind::kContains, "w"});
  const PreparedScenario prepared = Prepared(request);
  Open(1);
  transport_->Start(0, prepared.requests[0]);
  Await(1);
  EXPECT_EQ(log_.ended[0].body.size(), large.size());
}

// nginx refuses the method, but reads the body or says that it will not.
TEST_P(TransportConformanceTest, LargeRequestBodiesAreSentOrGivenUp) {
  scenarios::Request request = Get("/hello");
  request.method = "POST";
  request.body = std::string(300'000, 'b');
  const PreparedScenario prepared = Prepared(request);
  Open(1);
  transport_->Start(0, prepared.requests[0]);
  Await(1);
  EXPECT_EQ(log_.ended[0].status, 405);
}

TEST_P(TransportConformanceTest, HeadHasNoBody) {
  scenarios::Request request = Get("/hello");
  request.method = "HEAD";
  request.check.body.push_back({Matcher::Kind::kContains, "x"});
  const PreparedScenario prepared = Prepared(request);
  Open(1);
  for (ExchangeId id = 0; id < 2; ++id) {
    transport_->Start(id, prepared.requests[0]);
    Await(id + 1);
  }
  EXPECT_EQ(log_.ended[1].status, 200);
  EXPECT_EQ(log_.ended[1].body, "");
}

TEST_P(TransportConformanceTest, NothingIsTakenBeyondTheRoom) {
  const PreparedScenario prepared = Prepared(Get("/hello"));
  Open(2);
  EXPECT_NE(transport_->Start(0, prepared.requests[0]), Transport::StartResult::kNoRoom);
  EXPECT_NE(transport_->Start(1, prepared.requests[0]), Transport::StartResult::kNoRoom);
  EXPECT_EQ(transport_->Start(2, prepared.requests[0]), Transport::StartResult::kNoRoom);
  Await(2);
}

TEST_P(TransportConformanceTest, ACancelledExchangeMakesRoomAndIsNotHeardOfAgain) {
  const PreparedScenario prepared = Prepared(Get("/hello"));
  Open(1);
  transport_->Start(0, prepared.requests[0]);
  Await(1);
  transport_->Start(1, prepared.requests[0]);
  transport_->Cancel(1);
  EXPECT_NE(transport_->Start(2, prepared.requests[0]), Transport::StartResult::kNoRoom);
  Await(2);
  EXPECT_EQ(log_.ended[1].id, 2U);
}

TEST_P(TransportConformanceTest, ARefusedConnectionIsNamed) {
  const PreparedScenario prepared = Prepared(Get("/hello"));
  Open(1);
  server_.reset();
  transport_->Start(0, prepared.requests[0]);
  Await(1);
  EXPECT_EQ(log_.ended[0].error, RequestError::kConnectRefused);
}

TEST_P(TransportConformanceTest, APipelineCarriesSeveralRequestsInTheirOrder) {
  if (GetParam().pipeline == 1) {
    GTEST_SKIP() << "of pipelines only";
  }
  scenarios::Request small = Get("/hello");
  small.check.body.push_back({Matcher::Kind::kContains, "x"});
  scenarios::Request large = Get("/large");
  large.check = small.check;
  const std::string text(400'000, 'w');
  server_->Serve("large", text);
  const PreparedScenario hello = Prepared(small);
  const PreparedScenario big = Prepared(large);
  Open(1);
  transport_->Start(0, hello.requests[0]);
  Await(1);
  for (ExchangeId id = 1; id <= 4; ++id) {
    EXPECT_EQ(transport_->Start(id, (id % 2 == 1 ? big : hello).requests[0]),
              Transport::StartResult::kSent);
  }
  EXPECT_EQ(transport_->Start(5, hello.requests[0]), Transport::StartResult::kNoRoom);
  Await(5);
  for (ExchangeId id = 1; id <= 4; ++id) {
    EXPECT_EQ(log_.ended[id].id, id);
    EXPECT_EQ(log_.ended[id].body.size(), id % 2 == 1 ? text.size() : 11U);
  }
  EXPECT_EQ(transport_->connections(), 1U);
}

// Ended while exchanges are on their way: the destructor leaves nothing in the loop.
TEST_P(TransportConformanceTest, MayGoAtAnyTime) {
  const PreparedScenario prepared = Prepared(Get("/hello"));
  Open(2);
  transport_->Start(0, prepared.requests[0]);
  sockets_->Turn(SocketPoll::Patience::kNone);
  transport_->Start(1, prepared.requests[0]);
}

INSTANTIATE_TEST_SUITE_P(
    Ways, TransportConformanceTest,
    ::testing::Values(Way{"http1", Protocol::kHttp1, Client::kNative, false},
                      Way{"http1_tls", Protocol::kHttp1, Client::kNative, true},
                      Way{"http1_pipeline", Protocol::kHttp1, Client::kNative, false, 4},
                      Way{"http1_pipeline_tls", Protocol::kHttp1, Client::kNative, true, 4},
                      Way{"h2", Protocol::kHttp2, Client::kNative, false},
                      Way{"h2_tls", Protocol::kHttp2, Client::kNative, true},
                      Way{"curl", Protocol::kHttp1, Client::kCurl, false},
                      Way{"curl_tls", Protocol::kHttp1, Client::kCurl, true}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace weir::loadgen
