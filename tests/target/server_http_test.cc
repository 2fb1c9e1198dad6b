// What the server does on the wire, request by request.
#include <string>

#include <gtest/gtest.h>

#include "tests/target/running_server.h"

namespace weir::target {
namespace {

using namespace std::chrono_literals;

TEST(ServerHttpTest, AnswersWithTheBodyThatWasOrdered) {
  RunningServer server({.body_bytes = 100});
  TestClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get()));
  const std::optional<Answer> answer = client.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->head,
            "HTTP/1.1 200 OK\r\nServer: weir-target\r\nContent-Type: text/plain\r\n"
            "Content-Length: 100\r\n\r\n");
  EXPECT_EQ(answer->body.size(), 100U);
}

TEST(ServerHttpTest, AnswersOnBothLoopbackAddressesOfLocalhost) {
  RunningServer server;
  for (const std::string& address : server.server().addresses()) {
    TestClient client(server.server().port(), address.starts_with('['));
    ASSERT_TRUE(client.connected()) << address;
    ASSERT_TRUE(client.Send(Get()));
    EXPECT_EQ(client.Read()->status, 200) << address;
  }
}

TEST(ServerHttpTest, KeepsAConnectionAlive) {
  RunningServer server;
  TestClient client = server.Connect();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(client.Send(Get("/" + std::to_string(i))));
    ASSERT_EQ(client.Read()->status, 200);
  }
  server.Stop();
  EXPECT_EQ(server.server().counters().connections, 1U);
  EXPECT_EQ(server.server().counters().answered, 50U);
}

TEST(ServerHttpTest, AnswersPipelinedRequestsInOrder) {
  for (const char* latency : {"fixed:0ms", "exponential:300us"}) {
    RunningServer server({.latency = *ParseLatency(latency)});
    TestClient client = server.Connect();
    std::string requests;
    for (int i = 0; i < 100; ++i) {
      requests += Get("/status/" + std::to_string(400 + i));
    }
    ASSERT_TRUE(client.Send(requests));
    for (int i = 0; i < 100; ++i) {
      const std::optional<Answer> answer = client.Read();
      ASSERT_TRUE(answer);
      ASSERT_EQ(answer->status, 400 + i);
    }
    EXPECT_EQ(server.Stop().rows.size(), 100U);
  }
}

TEST(ServerHttpTest, ReadsNoFurtherThanItsBoundAndLosesNothing) {
  RunningServer server({.latency = *ParseLatency("fixed:20ms"), .body_bytes = 1});
  TestClient client = server.Connect();
  std::string requests;
  constexpr std::size_t kRequests = 10'000;
  for (std::size_t i = 0; i < kRequests; ++i) {
    requests += Get();
  }
  std::thread sender([&] { client.Send(requests); });
  for (std::size_t i = 0; i < kRequests; ++i) {
    ASSERT_TRUE(client.Read());
  }
  sender.join();
  EXPECT_EQ(server.Stop().rows.size(), kRequests);
}

TEST(ServerHttpTest, UnderstandsARequestThatComesByteByByte) {
  RunningServer server;
  TestClient client = server.Connect();
  const std::string request =
      "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n0\r\n\r\n";
  for (const char byte : request) {
    ASSERT_TRUE(client.Send(std::string_view(&byte, 1)));
  }
  EXPECT_EQ(client.Read()->status, 200);
  EXPECT_EQ(server.Stop().rows.size(), 1U);
}

TEST(ServerHttpTest, ReadsAndDiscardsBodies) {
  RunningServer server;
  TestClient client = server.Connect();
  const std::string body(300'000, 'x');
  ASSERT_TRUE(client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + body));
  EXPECT_EQ(client.Read()->status, 200);
  ASSERT_TRUE(
      client.Send("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "493e0\r\n" +
                  body + "\r\n0\r\nTrailer: x\r\n\r\n" + Get("/status/201")));
  EXPECT_EQ(client.Read()->status, 200);
  EXPECT_EQ(client.Read()->status, 201);
}

TEST(ServerHttpTest, AnswersHeadWithoutABody) {
  for (const std::uint64_t body_bytes : {100U, 100'000U}) {
    RunningServer server({.body_bytes = body_bytes});
    TestClient client = server.Connect();
    ASSERT_TRUE(client.Send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + Get("/status/202")));
    const std::optional<Answer> head = client.Read(true);
    ASSERT_TRUE(head);
    EXPECT_NE(head->head.find("Content-Length: " + std::to_string(body_bytes)), std::string::npos);
    EXPECT_EQ(client.Read()->status, 202);
  }
}

TEST(ServerHttpTest, SendsNoBodyWhereTheStatusForbidsIt) {
  RunningServer server;
  TestClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/status/204") + Get("/status/304") + Get("/status/205") + Get()));
  for (const int status : {204, 304, 205}) {
    const std::optional<Answer> answer = client.Read(true);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, status);
    EXPECT_EQ(answer->head.find("Content-Length: 1000"), std::string::npos);
  }
  EXPECT_EQ(client.Read()->status, 200);
}

TEST(ServerHttpTest, ClosesWhenAskedTo) {
  RunningServer server;
  TestClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/", "Connection: close\r\n") + Get("/never/read")));
  const std::optional<Answer> answer = client.Read();
  ASSERT_TRUE(answer);
  EXPECT_NE(answer->head.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client.SeesEnd());
  EXPECT_EQ(server.Stop().rows.size(), 1U);
}

TEST(ServerHttpTest, SpeaksHttp10) {
  RunningServer server;
  TestClient once = server.Connect();
  ASSERT_TRUE(once.Send("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(once.Read()->status, 200);
  EXPECT_TRUE(once.SeesEnd());
  TestClient kept = server.Connect();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(kept.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    const std::optional<Answer> answer = kept.Read();
    ASSERT_TRUE(answer);
    EXPECT_NE(answer->head.find("\r\nConnection: keep-alive\r\n"), std::string::npos);
  }
}

TEST(ServerHttpTest, SendsContinueToAClientThatWaitsForIt) {
  RunningServer server({.latency = *ParseLatency("fixed:1ms")});
  TestClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/status/404") + "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                                               "Expect: 100-continue\r\n\r\n"));
  EXPECT_EQ(client.Read()->status, 404);
  EXPECT_EQ(client.Read()->head, "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(client.Send("ok"));
  EXPECT_EQ(client.Read()->status, 200);
  EXPECT_EQ(server.Stop().rows.size(), 2U);
}

TEST(ServerHttpTest, AnswersGarbageWith400AfterWhatCameBefore) {
  RunningServer server({.latency = *ParseLatency("fixed:1ms")});
  TestClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/status/201") + "garbage\r\n\r\n" + Get("/never/read")));
  EXPECT_EQ(client.Read()->status, 201);
  const std::optional<Answer> answer = client.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 400);
  EXPECT_NE(answer->head.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client.SeesEnd());
  const TruthFile truth = server.Stop();
  ASSERT_EQ(truth.rows.size(), 2U);
  EXPECT_EQ(truth.rows[1].status, 400);
  EXPECT_EQ(server.server().counters().malformed, 1U);
}

// The answer must arrive although the client is still sending: hence the lingering close.
TEST(ServerHttpTest, RefusesAnEndlessHeadWith431) {
  RunningServer server;
  TestClient client = server.Connect();
  ASSERT_TRUE(client.Send("GET / HTTP/1.1\r\nA: " + std::string(200'000, 'x')));
  EXPECT_EQ(client.Read()->status, 431);
  EXPECT_TRUE(client.SeesEnd());
}

TEST(ServerHttpTest, SendsLargeBodiesToSlowReaders) {
  RunningServer server({.body_bytes = 8'000'000});
  TestClient client = server.Connect();
  client.ShrinkReceiveBuffer();
  ASSERT_TRUE(client.Send(Get() + Get() + Get("/status/404")));
  for (const int status : {200, 200, 404}) {
    const std::optional<Answer> answer = client.Read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, status);
    EXPECT_EQ(answer->body.size(), 8'000'000U);
    EXPECT_TRUE(answer->body.starts_with("weir target: "));
  }
  EXPECT_EQ(server.Stop().rows.size(), 3U);
}

TEST(ServerHttpTest, ServesAThousandConnectionsAtOnce) {
  ASSERT_GE(RaiseOpenFileLimit(), 2100U);
  RunningServer server({.latency = *ParseLatency("fixed:20ms"), .body_bytes = 10});
  std::vector<TestClient> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.push_back(server.Connect());
    ASSERT_TRUE(clients.back().connected()) << i;
  }
  for (int round = 0; round < 2; ++round) {
    for (TestClient& client : clients) {
      ASSERT_TRUE(client.Send(Get()));
    }
    for (TestClient& client : clients) {
      ASSERT_EQ(client.Read()->status, 200);
    }
  }
  EXPECT_EQ(server.Stop().rows.size(), 2000U);
  EXPECT_EQ(server.server().counters().connections, 1000U);
}

}  // namespace
}  // namespace weir::target
