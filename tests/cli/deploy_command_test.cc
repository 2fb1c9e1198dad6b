#include <nlohmann/json.hpp>

#include "store/deployments.h"
#include "tests/cli/gate_fixture.h"

/// `weir deploy` as far as it needs no server: what a policy may say, and the list. Watches of real
/// servers are in tests/integration/deploy_watch_test.py.
namespace weir::cli {
namespace {

using nlohmann::json;

class DeployCommandTest : public GateCommand {
 protected:
  /// What a watch says to a policy; nobody answers at its URLs.
  Said Watch(const std::string& policy) const {
    dir_.Write("watch.yaml", policy);
    return dir_.Weir({"deploy", "watch", "--stable", dead_.Url(), "--canary", dead_.Url(),
                      "--policy", "watch.yaml", "-d", "1s"});
  }

  void Mark(const std::string& service, const std::string& phase, std::int64_t second) const {
    auto store = store::Deployments::OpenForWriting(dir_.Path("weir.db"));
    ASSERT_TRUE(store) << store.error().message;
    const store::Deployment mark = {.id = 0,
                                    .at = WallTime(std::chrono::seconds(second)),
                                    .service = service,
                                    .build = "b7",
                                    .phase = phase,
                                    .source = "api",
                                    .message = "by hand"};
    ASSERT_TRUE((*store)->Append(mark));
  }

  DeadPort dead_;
};

TEST_F(DeployCommandTest, APolicySaysOnlyWhatAWatchCanKeep) {
  const auto refused = [&](const std::string& policy) {
    const Said said = Watch(policy);
    EXPECT_EQ(said.exit_code, 2) << policy;
    return said.err;
  };
  EXPECT_EQ(refused("criteria: [ { response_time: p99, tolerance: 5% } ]\n"),
            "weir deploy watch: watch.yaml: a watch cannot judge 'response_time.p99' second by "
            "second\n"
            "  hint: name 'response_time: body' and 'error_rate' with a tolerance; leave the rest "
            "to 'weir gate'\n");
  EXPECT_NE(refused("criteria: [ { error_rate: { tolerance: 1%, step: buy } } ]\n")
                .find("'error_rate' of a step second by second"),
            std::string::npos);
  EXPECT_NE(refused("criteria: [ { response_time: body, limit: < 1s } ]\n").find("by a limit"),
            std::string::npos);
  EXPECT_NE(refused("total_score: { pass: 90% }\n").find("no total_score"), std::string::npos);
  EXPECT_NE(refused("on_inconclusive: { rerun: 2 }\n").find("not run again"), std::string::npos);
  EXPECT_NE(
      refused("waivers:\n  - { metric: error_rate, owner: a, reason: b, until: 2030-01-31 }\n")
          .find("a waiver does not hold a rollback up"),
      std::string::npos);
  EXPECT_NE(refused("on_fial: warn\n").find("on_fail"), std::string::npos);
}

TEST_F(DeployCommandTest, ListsMarksNewestFirst) {
  Mark("shop", "Progressing", 1'000);
  Mark("cart", "Succeeded", 2'000);
  Mark("shop", "rolledback", 3'000);
  const Said said = dir_.Weir({"deploy", "list", "--service", "shop", "--json"});
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const json list = json::parse(said.out);
  EXPECT_EQ(list["schema"], "weir.deployments/1");
  ASSERT_EQ(list["deployments"].size(), 2U);
  EXPECT_EQ(list["deployments"][0]["what"], "rolledback");
  EXPECT_EQ(list["deployments"][0]["verdict_reason"], "a mark, no verdict");
  EXPECT_EQ(dir_.Weir({"deploy", "list", "-n", "1"}).out,
            "1970-01-01T00:50:00Z  shop             b7           rolledback    by api: by hand\n");
}

TEST_F(DeployCommandTest, SaysWhatThereIsToDo) {
  EXPECT_EQ(dir_.Weir({"deploy"}).exit_code, 2);
  EXPECT_EQ(dir_.Weir({"deploy", "list", "-n", "0"}).exit_code, 2);
  EXPECT_EQ(dir_.Weir({"deploy", "list"}).exit_code, 69);
  EXPECT_NE(dir_.Weir({"deploy", "list", "--help"}).out.find("weir deploy list --service shop"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::cli
