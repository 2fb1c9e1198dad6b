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
                                               {Kind::kErrorRate, 0, 0.001, ""}};
  EXPECT_EQ(file->policy.criteria, expected);
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
