// `weir check` and `weir run --dry-run` as a user calls them.

#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/weir_process.h"

namespace weir::cli {
namespace {

using nlohmann::json;

constexpr const char* kScenario = R"(
target: http://shop.invalid:8080
data: { users: { file: users.csv } }
flows:
  - name: buy
    weight: 1
    steps:
      - post: /login
        name: log in
        body: "{{ users.name }}"
        check: { status: 200, body: token }
        extract: { token: json $.token }
      - get: /cart?n={{ counter() }}
        name: cart
        headers: { authorization: "Bearer {{ token }}" }
  - name: look
    weight: 3
    steps: [ { get: / } ]
load: { warm_up: 1s, stages: [ { rate: 0..100/s, for: 2s }, { rate: 100/s, for: 3s } ] }
thresholds: [ "cart: p(95) < 200ms" ]
)";

class CheckTest : public testing::Test {
 protected:
  CheckTest() {
    directory_.Write("shop.yaml", kScenario);
    directory_.Write("users.csv", "name\nann\nbob\n");
  }

  json Plan(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"check", "shop.yaml", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Said said = directory_.Weir(arguments);
    EXPECT_EQ(said.exit_code, 0) << said.err;
    return json::parse(said.out);
  }

  WeirDirectory directory_;
};

TEST_F(CheckTest, CountsWhatWillBeSent) {
  const json plan = Plan();
  EXPECT_EQ(plan["schema"], "weir.plan/1");
  EXPECT_EQ(plan["duration_s"], 5);
  EXPECT_EQ(plan["warm_up_s"], 1);
  EXPECT_EQ(plan["peak_per_s"], 100);
  // A ramp of 2 s to 100 per second, 3 s at 100; a quarter of the rounds has two steps.
  EXPECT_DOUBLE_EQ(plan["rounds"].get<double>(), 400);
  EXPECT_DOUBLE_EQ(plan["requests"].get<double>(), 500);
  EXPECT_EQ(plan["steps"].size(), 3U);
  EXPECT_EQ(plan["steps"][0]["share"], 0.25);
  EXPECT_EQ(plan["steps"][0]["notes"], "2 checks, takes token");
  EXPECT_EQ(plan["thresholds"][0], "cart: p(95) < 200ms");
  double sum = 0;
  for (const json& level : plan["level_per_s"]) {
    sum += level.get<double>();
  }
  EXPECT_NEAR(sum / static_cast<double>(plan["level_per_s"].size()) * 5, 400, 1e-3);
  EXPECT_TRUE(plan["first"].empty());
}

TEST_F(CheckTest, RendersTheFirstRequestsWithTheirSlotsFilledIn) {
  const json first = Plan({"--render", "--seed", "7"})["first"];
  ASSERT_EQ(first.size(), 10U);
  EXPECT_EQ(first, Plan({"--render", "--seed", "7"})["first"]);
  bool seen = false;
  for (std::size_t i = 0; i + 1 < first.size(); ++i) {
    if (first[i]["step"] != "log in") {
      continue;
    }
    seen = true;
    const auto round = first[i]["round"].get<std::uint64_t>();
    const std::string login = first[i]["bytes"].get<std::string>();
    EXPECT_TRUE(login.ends_with(round % 2 == 0 ? "\r\n\r\nann" : "\r\n\r\nbob")) << login;
    const std::string cart = first[i + 1]["bytes"].get<std::string>();
    EXPECT_TRUE(cart.starts_with("GET /cart?n=" + std::to_string(round + 1) + " HTTP/1.1\r\n"))
        << cart;
    EXPECT_NE(cart.find("authorization: Bearer (token)\r\n"), std::string::npos) << cart;
    EXPECT_TRUE(first[i + 1]["due_s"].is_null());
  }
  EXPECT_TRUE(seen);
}

TEST_F(CheckTest, DrawsTheLoad) {
  const Said said = directory_.Weir({"check", "shop.yaml"});
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_NE(said.out.find("shop.yaml: shop is valid\n"), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("requests   500 in 400 rounds, if every step completes\n"),
            std::string::npos)
      << said.out;
  EXPECT_NE(said.out.find("\nrounds per second\n"), std::string::npos) << said.out;
}

TEST_F(CheckTest, NamesEachBadFileAndGoesOn) {
  directory_.Write("bad.yaml", "steps: [ { gte: / } ]\n");
  directory_.Write("no_data.yaml",
                   "data: { users: { file: none.csv } }\nsteps: [ { get: '/{{ users.name }}' } ]\n"
                   "load: { stages: [ { users: 1, for: 1s } ] }\n");
  const Said said = directory_.Weir({"check", "-q", "bad.yaml", "shop.yaml", "no_data.yaml"});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_EQ(said.out, "");
  EXPECT_NE(said.err.find("bad.yaml:1:12: error: unknown key 'gte' in step"), std::string::npos)
      << said.err;
  EXPECT_NE(said.err.find("none.csv: No such file or directory"), std::string::npos) << said.err;
}

TEST_F(CheckTest, ADryRunSendsAndRecordsNothing) {
  const Said said = directory_.Weir(
      {"run", "--dry-run", "-R", "10", "-d", "2s", "--seed", "1", "http://shop.invalid/a"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_NE(said.out.find("requests   20 in 20 rounds"), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("GET /a HTTP/1.1\n"), std::string::npos) << said.out;
  EXPECT_FALSE(std::filesystem::exists(directory_.Path("weir.db")));
}

TEST_F(CheckTest, UsersDoAsManyAsTheyGetDone) {
  const Said said = directory_.Weir(
      {"run", "--dry-run", "-c", "5", "-d", "2s", "--json", "http://shop.invalid/"});
  const json plan = json::parse(said.out);
  EXPECT_TRUE(plan["requests"].is_null());
  EXPECT_NE(plan["requests_reason"], "");
  EXPECT_EQ(plan["peak_users"], 5);
}

}  // namespace
}  // namespace weir::cli
