#include "monitor/monitor_service.h"

#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "monitor/http_exchange.h"

namespace weir::monitor {
namespace {

class MonitorServiceTest : public testing::Test {
 protected:
  void Start(Roles roles = {}) {
    auto started = MonitorService::Start({.listen = {.port = 0}, .roles = std::move(roles)},
                                         {.report = [this] { return report_; }, .clock = clock_});
    ASSERT_TRUE(started) << started.error().message;
    service_ = std::move(*started);
  }

  HttpReply Get(const std::string& path, std::vector<std::string> headers = {}) const {
    return HttpClient().Exchange(
        {.url = fmt::format("http://127.0.0.1:{}{}", service_->port(), path),
         .headers = std::move(headers)});
  }

  static Roles WithTokens() {
    return {*Access::Parse("the-token-that-reads"), *Access::Parse("the-token-that-acts")};
  }

  SystemClock clock_;
  MonitorReport report_;
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

}  // namespace
}  // namespace weir::monitor
