#include "scenarios/gate_policy.h"

#include <gtest/gtest.h>

namespace weir::scenarios {
namespace {

using Kind = GateCriterion::Kind;

TEST(ReadGatePolicyTest, ReadsEveryKindOfCriterion) {
  const Result<GatePolicyFile> file = ReadGatePolicy(R"(
candidate: build:b7
baseline: branch:main last:10
alpha: 1%
on_invalid: warn
criteria:
  - response_time: p99
    tolerance: 5%
    step: list
  - response_time: body
  - response_time: mean
  - { response_time: p99.9, tolerance: 0.1 }
  - throughput
  - throughput: { tolerance: 3%, step: list }
  - error_rate: { tolerance: 0.2% }
  - error_rate
  - every_step
  - every_step: { tolerance: 8% }
  - { response_time: distribution, step: list }
  - { response_time: p99, window: 10s }
)",
                                                     "gate.yaml");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->candidate, "build:b7");
  EXPECT_EQ(file->baseline, "branch:main last:10");
  EXPECT_DOUBLE_EQ(file->policy.alpha, 0.01);
  EXPECT_EQ(file->policy.on_invalid, OnInvalid::kWarn);
  const std::vector<GateCriterion> expected = {{Kind::kResponseQuantile, 0.99, 0.05, "list"},
                                               {Kind::kResponseBody, 0, 0.02, ""},
                                               {Kind::kResponseBody, 0, 0.02, ""},
                                               {Kind::kResponseQuantile, 0.999, 0.1, ""},
                                               {Kind::kThroughput, 0, 0.02, ""},
                                               {Kind::kThroughput, 0, 0.03, "list"},
                                               {Kind::kErrorRate, 0, 0.002, ""},
                                               {Kind::kErrorRate, 0, 0.001, ""},
                                               {Kind::kEveryStep, 0, 0.05, ""},
                                               {Kind::kEveryStep, 0, 0.08, ""},
                                               {Kind::kDistribution, 0, 0.05, "list"},
                                               {.kind = Kind::kResponseQuantile,
                                                .quantile = 0.99,
                                                .tolerance = 0.05,
                                                .window = std::chrono::seconds(10)}};
  EXPECT_EQ(file->policy.criteria, expected);
}

TEST(ReadGatePolicyTest, ReadsLimitsHistoryAndResources) {
  const Result<GatePolicyFile> file = ReadGatePolicy(R"(
history: segment
criteria:
  - response_time: p95
    limit: [ < 250ms, '<= +10%' ]
    warn: < 200ms
    key: true
  - { apdex: 250ms, limit: '>= 0.94', weight: 2 }
  - { resource: cpu_s_per_request, against: history, tolerance: 5% }
  - { response_time: average, against: history }
  - throughput: { limit: '>= 450/s' }
  - error_rate: { limit: < 1% }
  - { resource: memory_max, limit: <= 1GB }
  - { response_time: p50, limit: <= +20ms }
total_score: { pass: 80%, warning: 60% }
demands: point
)",
                                                     "gate.yaml");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->history, "segment");
  EXPECT_EQ(file->policy.demand_rule, DemandRule::kPoint);
  EXPECT_EQ(file->policy.score, (ScoreRule{.pass = 0.8, .warning = 0.6}));
  const std::vector<GateCriterion>& criteria = file->policy.criteria;
  ASSERT_EQ(criteria.size(), 8U);
  // What passes keeps both lists; what warns keeps the limits.
  ASSERT_EQ(criteria[0].pass.at(0).size(), 3U);
  EXPECT_DOUBLE_EQ(criteria[0].pass[0][0].limit, 200e6);
  EXPECT_EQ(criteria[0].warn.at(0).size(), 2U);
  EXPECT_EQ(criteria[0].warn[0][1].of, Demand::Of::kChangeRatio);
  EXPECT_TRUE(criteria[0].key);
  EXPECT_EQ(criteria[1].apdex_t, std::chrono::milliseconds(250));
  EXPECT_DOUBLE_EQ(criteria[1].pass[0][0].limit, 0.94);
  EXPECT_EQ(criteria[2].basis, GateCriterion::Basis::kHistory);
  EXPECT_EQ(criteria[2].resource, "cpu_s_per_request");
  EXPECT_EQ(criteria[3].kind, Kind::kResponseMean);
  EXPECT_DOUBLE_EQ(criteria[4].pass[0][0].limit, 450);
  EXPECT_DOUBLE_EQ(criteria[5].pass[0][0].limit, 0.01);
  EXPECT_DOUBLE_EQ(criteria[6].pass[0][0].limit, 1e9);
  EXPECT_EQ(criteria[7].pass[0][0].of, Demand::Of::kChange);
  EXPECT_DOUBLE_EQ(criteria[7].pass[0][0].limit, 20e6);
}

TEST(ReadGatePolicyTest, ReadsWhatBecomesOfAVerdict) {
  const Result<GatePolicyFile> file = ReadGatePolicy(R"(
on_fail: { confirm: 4 }
on_inconclusive: { rerun: 2 }
on_error: { retry: 3 }
on_missing: fail
on_no_baseline: pass
on_environment: warn
earlier_gates: 2
dry_run: true
waivers:
  - { metric: response_time.p99, step: list, owner: shop, reason: known, until: 2030-01-31 }
)",
                                                     "gate.yaml");
  ASSERT_TRUE(file) << file.error().message;
  const GateActions expected{.on_fail = OnFail::kConfirm,
                             .confirm_runs = 4,
                             .on_inconclusive = OnInconclusive::kRerun,
                             .rerun_max = 2,
                             .error_retries = 3,
                             .error_holds = true,
                             .dry_run = true};
  EXPECT_EQ(file->policy.actions, expected);
  EXPECT_EQ(file->policy.earlier_gates, 2);
  EXPECT_EQ(file->policy.on_missing, OnMissing::kFail);
  EXPECT_EQ(file->policy.on_no_baseline, OnMissing::kPass);
  EXPECT_TRUE(file->policy.any_environment);
  ASSERT_EQ(file->policy.waivers.size(), 1U);
  EXPECT_EQ(file->policy.waivers[0].owner, "shop");
  EXPECT_EQ(file->policy.waivers[0].step, "list");
  EXPECT_EQ(file->policy.waivers[0].until, WallTime(std::chrono::hours(24) * 21945));
}

TEST(ReadWaiverListTest, ReadsAListOrAMapWithOne) {
  for (const std::string_view text :
       {"- { metric: apdex, owner: a, reason: b, until: 2030-01-31 }\n",
        "waivers: [ { metric: apdex, owner: a, reason: b, until: 2030-01-31 } ]\n"}) {
    const auto waivers = ReadWaiverList(text, "waivers.yaml");
    ASSERT_TRUE(waivers) << waivers.error().message;
    EXPECT_EQ(waivers->size(), 1U);
  }
}

TEST(ReadGatePolicyTest, LeavesTheDefaultPolicyToTheGate) {
  const Result<GatePolicyFile> file = ReadGatePolicy("candidate: build:b7\n", "gate.yaml");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->policy, GatePolicy());
}

TEST(ReadGatePolicyFileTest, NamesAMissingFile) {
  EXPECT_EQ(ReadGatePolicyFile("/nowhere/gate.yaml").error().message,
            "/nowhere/gate.yaml: there is no such gate policy file; check the path");
}

}  // namespace
}  // namespace weir::scenarios
