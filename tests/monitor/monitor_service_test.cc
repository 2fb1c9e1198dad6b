#include "monitor/monitor_service.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "monitor/http_exchange.h"
#include "tests/support/temp_dir.h"

namespace weir::monitor {
namespace {

class MonitorServiceTest : public testing::Test {
 protected:
  void Start(Roles roles = {}) {
    auto started = MonitorService::Start({.listen = {.port = 0}, .roles = std::move(roles)},
                                         {.report = [this] { return report_; },
                                          .clock = clock_,
                                          .await = await_,
                                          .store_path = folder_.File("weir.db")});
    ASSERT_TRUE(started) << started.error().message;
    service_ = std::move(*started);
  }

  HttpReply Get(const std::string& path, std::vector<std::string> headers = {}) const {
    return HttpClient().Exchange(
        {.url = fmt::format("http://127.0.0.1:{}{}", service_->port(), path),
         .headers = std::move(headers)});
  }

  /// Of the event of an answer.
  static std::string IdOf(const HttpReply& events) {
    const std::size_t begin = events.body.find("id: ") + 4;
    return events.body.substr(begin, events.body.find('\n', begin) - begin);
  }

  static Roles WithTokens() {
    return {*Access::Parse("the-token-that-reads"), *Access::Parse("the-token-that-acts")};
  }

  SystemClock clock_;
  MonitorReport report_;
  std::function<void(std::uint64_t, Nanos)> await_ = [](std::uint64_t, Nanos) {};
  tests::TempDir folder_;
  std::unique_ptr<MonitorService> service_;
};

TEST_F(MonitorServiceTest, ReadyMeansThatSomethingWorks) {
  SourceReport source{.name = "shop"};
  source.status.health = SourceHealth::kFailed;
  source.status.trouble = "it answers 503";
  report_.sources = {source};
  Start();
  EXPECT_EQ(Get("/healthz").status, 200);
  const HttpReply broken = Get("/readyz");
  EXPECT_EQ(broken.status, 503);
  EXPECT_EQ(broken.body, "failed\nsource shop is failed: it answers 503\n");
  report_.sources.clear();
  EXPECT_EQ(Get("/readyz").status, 200);
}

TEST_F(MonitorServiceTest, WithTokensOnlyProbesAreForAllAndTheyNameNoHosts) {
  SourceReport source{.name = "shop"};
  source.status.health = SourceHealth::kFailed;
  report_.sources = {source};
  Start(WithTokens());
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_EQ(Get("/readyz").body, "failed\n");
  for (const char* path : {"/metrics", "/api/v1/status", "/"}) {
    EXPECT_EQ(Get(path).status, 401) << path;
  }
  EXPECT_EQ(Get("/metrics", {"Authorization: Bearer the-token-that-reads"}).status, 200);
  EXPECT_EQ(Get("/api/v1/status", {"Authorization: Bearer the-token-that-acts"}).status, 200);
}

// A page of others whose name was made to point to this machine sends its own name.
TEST_F(MonitorServiceTest, WithoutTokensWhoAsksNamesThisMachine) {
  Start();
  EXPECT_EQ(Get("/api/v1/status", {"Host: evil.example"}).status, 421);
  EXPECT_EQ(Get("/api/v1/status", {"Host: 127.0.0.1.evil.example:80"}).status, 421);
  EXPECT_EQ(Get("/api/v1/status", {"Host: localhost:1"}).status, 200);
  EXPECT_EQ(Get("/api/v1/status", {"Host: [::1]:1"}).status, 200);
}

TEST_F(MonitorServiceTest, NoTokenMeansNoOtherMachine) {
  const auto started =
      MonitorService::Start({.listen = {.host = "0.0.0.0", .port = 0}, .roles = {}},
                            {.report = [this] { return report_; }, .clock = clock_});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::kUsage);
}

TEST_F(MonitorServiceTest, WhoMayOnlyReadCannotAct) {
  Start(WithTokens());
  const auto post = [this](const std::string& token) {
    return HttpClient()
        .Exchange({.url = fmt::format("http://127.0.0.1:{}/api/v1/silences", service_->port()),
                   .headers = {"Content-Type: application/json", "Authorization: Bearer " + token},
                   .body = "{}"})
        .status;
  };
  EXPECT_EQ(post("the-token-that-reads"), 403);
  EXPECT_EQ(post("the-token-that-is-not"), 401);
  EXPECT_EQ(post("the-token-that-acts"), 400);
}

// Who has seen an evaluation is answered with the next one; who has seen none, at once.
TEST_F(MonitorServiceTest, EventsGoOnWhereTheClientWas) {
  report_.evaluations = 42;
  std::vector<std::uint64_t> awaited;
  await_ = [&awaited](std::uint64_t seen, Nanos) { awaited.push_back(seen); };
  Start();
  const HttpReply first = Get("/api/v1/events");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body.find("retry: 50\nid: 42."), 0U) << first.body;
  EXPECT_NE(first.body.find("\nevent: status\ndata: {"), std::string::npos);
  EXPECT_TRUE(first.body.ends_with("}\n\n"));
  EXPECT_TRUE(awaited.empty());
  Get("/api/v1/events", {"Last-Event-ID: " + IdOf(first)});
  EXPECT_EQ(awaited, std::vector<std::uint64_t>{42});
}

TEST_F(MonitorServiceTest, EventsHaveGatesOnlyWhereTheClientKnowsOthers) {
  const std::string gates = "\"gates\":";
  report_.gates_version = 7;
  Start();
  const HttpReply first = Get("/api/v1/events");
  EXPECT_NE(first.body.find(gates), std::string::npos);
  const HttpReply second = Get("/api/v1/events", {"Last-Event-ID: " + IdOf(first)});
  EXPECT_EQ(second.body.find(gates), std::string::npos);
  const auto json = nlohmann::json::parse(second.body.substr(second.body.find('{')));
  EXPECT_EQ(json["schema"], "weir.monitor_status/1");
  EXPECT_EQ(IdOf(second), IdOf(first));
  report_.gates_version = 8;
  const HttpReply third = Get("/api/v1/events", {"Last-Event-ID: " + IdOf(second)});
  EXPECT_NE(third.body.find(gates), std::string::npos);
  EXPECT_NE(Get("/api/v1/status").body.find("\"gates\": "), std::string::npos);
}

// Another process counts anew; who goes on with its id, or one of an older program, gets the whole.
TEST_F(MonitorServiceTest, AnEventIdThatIsNoneOfThisProcessIsAsNone) {
  std::vector<std::uint64_t> awaited;
  await_ = [&awaited](std::uint64_t seen, Nanos) { awaited.push_back(seen); };
  report_.evaluations = 42;
  Start();
  const std::string id = IdOf(Get("/api/v1/events"));
  const std::string of_life = id.substr(id.rfind('.'));
  for (const std::string& other : {std::string("42"), std::string("42.0"), std::string("42.0.1"),
                                   "42.0" + of_life + "x", "42.x" + of_life, "-1.0" + of_life}) {
    EXPECT_NE(Get("/api/v1/events", {"Last-Event-ID: " + other}).body.find("\"gates\":"),
              std::string::npos)
        << other;
  }
  EXPECT_TRUE(awaited.empty());
}

TEST_F(MonitorServiceTest, ASteadyEventWith500VerdictsIsLessThan4KbLongerThanWithNone) {
  Start();
  const auto steady = [this] {
    const HttpReply first = Get("/api/v1/events");
    const HttpReply next = Get("/api/v1/events", {"Last-Event-ID: " + IdOf(first)});
    return std::pair(first.body.size(), next.body.size());
  };
  const auto [first_without, without] = steady();
  for (int i = 0; i < 500; ++i) {
    report_.gates.verdicts.push_back({.id = i,
                                      .at = {},
                                      .subject = "checkout",
                                      .candidate = fmt::format("build:{}", i),
                                      .verdict = Verdict::kFail,
                                      .reason = std::string(200, 'x')});
  }
  report_.gates_version = 1;
  const auto [first_with, with] = steady();  // Of the first, what the client takes at most.
  EXPECT_GT(first_with, first_without + 50'000);
  EXPECT_LT(with, without + 4096);
}

}  // namespace
}  // namespace weir::monitor
