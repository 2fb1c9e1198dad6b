#include <gtest/gtest.h>

#include "scenarios/gate_policy.h"
#include "tests/scenarios/golden_cases.h"

namespace weir::scenarios {
namespace {

using Kind = GateCriterion::Kind;
using Of = Demand::Of;
using Op = Demand::Op;

// The example of keptn/spec, service_level_objective.md, as it is.
constexpr std::string_view kSpecExample = R"(spec_version: '1.0'
filter:
  mz_id: "4711"
  svc_id: "a14b-cd87-0d51"
comparison:
  compare_with: "several_results"
  include_result_with_score: "pass"
  number_of_comparison_results: 3
  aggregate_function: avg
objectives:
- sli: response_time_p95
  pass:
  - criteria:
    - "<=+10%"
    - "<600"
  warning:
  - criteria:
    - "<=800"
total_score:
  pass: "90%"
  warning: "75%"
)";

TEST(KeptnSloTest, TheExampleOfTheSpecificationIsReadAsItIs) {
  const Result<GatePolicyFile> file = ReadGatePolicy(kSpecExample, "slo.yaml");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->form, PolicyForm::kKeptn);
  EXPECT_EQ(file->baseline, "last-pass:3");
  EXPECT_EQ(file->policy.on_no_baseline, OnMissing::kPass);
  EXPECT_EQ(file->policy.score, ScoreRule{});
  EXPECT_FALSE(file->policy.aggregate_quantile);
  ASSERT_EQ(file->policy.criteria.size(), 1U);
  const GateCriterion& criterion = file->policy.criteria[0];
  EXPECT_EQ(criterion.kind, Kind::kResponseQuantile);
  EXPECT_DOUBLE_EQ(criterion.quantile, 0.95);
  const Demand grown{.of = Of::kChangeRatio, .op = Op::kLessEqual, .limit = 0.1, .text = "<=+10%"};
  const Demand limit{.of = Of::kValue, .op = Op::kLess, .limit = 600e6, .text = "<600"};
  const Demand warn{.of = Of::kValue, .op = Op::kLessEqual, .limit = 800e6, .text = "<=800"};
  EXPECT_EQ(criterion.pass, (std::vector<DemandSet>{{grown, limit}}));
  EXPECT_EQ(criterion.warn, (std::vector<DemandSet>{{warn}}));
}

Result<GatePolicyFile> WithObjective(
    const std::string& objective,
    const std::string& comparison = "{ compare_with: single_result }") {
  return ReadGatePolicy(
      "spec_version: '0.1.1'\ncomparison: " + comparison + "\nobjectives:\n- " + objective + "\n",
      "slo.yaml");
}

TEST(KeptnSloTest, EachIndicatorIsAMetricOfItsOwnUnit) {
  struct {
    std::string sli;
    Kind kind;
    double limit;
  } const cases[] = {{"throughput", Kind::kThroughput, 5},
                     {"error_rate", Kind::kErrorRate, 0.05},
                     {"response_time", Kind::kResponseMean, 5e6},
                     {"response_time_p99", Kind::kResponseQuantile, 5e6},
                     {"security_vulnerabilities", Kind::kResource, 5}};

  for (const auto& each : cases) {
    const auto file = WithObjective("{ sli: " + each.sli + ", pass: [ { criteria: [ '<=5' ] } ] }");
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->policy.criteria[0].kind, each.kind) << each.sli;
    EXPECT_DOUBLE_EQ(file->policy.criteria[0].pass[0][0].limit, each.limit) << each.sli;
  }
}

TEST(KeptnSloTest, ASingleResultIgnoresTheNumberOfResults) {
  const auto file = WithObjective("sli: throughput",
                                  "{ compare_with: single_result, number_of_comparison_results: 5,"
                                  " include_result_with_score: pass_or_warn,"
                                  " aggregate_function: p90 }");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->baseline, "last-warn:1");
  EXPECT_EQ(file->policy.aggregate_quantile, 0.9);
  EXPECT_TRUE(file->policy.criteria[0].pass.empty());
}

TEST(KeptnSloTest, KeyAndWeightAreRead) {
  const auto file = WithObjective("{ sli: error_rate, weight: 2, key_sli: true, displayName: E }");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_TRUE(file->policy.criteria[0].key);
  EXPECT_EQ(file->policy.criteria[0].weight, 2);
}

TEST(ForeignSloTest, ErrorsNameThePlaceAndTheFix) {
  ExpectGoldenErrors("foreign_slo.txt", [](std::string_view text) {
    const Result<GatePolicyFile> policy = ReadGatePolicy(text, "slo.yaml");
    return policy ? "no error" : policy.error().message;
  });
}

TEST(OpenSloTest, ARatioIsALimitOnTheErrorRate) {
  const auto file = ReadGatePolicy(R"(apiVersion: openslo/v1
kind: SLO
metadata: { name: shop-availability }
spec:
  service: shop
  indicator:
    metadata: { name: availability }
    spec:
      ratioMetric: { counter: true }
  budgetingMethod: Occurrences
  objectives:
    - displayName: Good
      target: 0.995
)",
                                   "slo.yaml");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->form, PolicyForm::kOpenSlo);
  EXPECT_EQ(file->policy.criteria[0].kind, Kind::kErrorRate);
  EXPECT_NEAR(file->policy.criteria[0].pass[0][0].limit, 0.005, 1e-12);
}

TEST(OpenSloTest, AThresholdIsAQuantileAgainstSeconds) {
  const auto file = ReadGatePolicy(R"(apiVersion: openslo/v1
kind: SLO
spec:
  indicator: { spec: { thresholdMetric: { metricSource: { type: Prometheus } } } }
  objectives: [ { op: lte, value: 0.25, target: 0.99 } ]
)",
                                   "slo.yaml");
  ASSERT_TRUE(file) << file.error().message;
  const GateCriterion& criterion = file->policy.criteria[0];
  EXPECT_EQ(criterion.kind, Kind::kResponseQuantile);
  EXPECT_DOUBLE_EQ(criterion.quantile, 0.99);
  EXPECT_DOUBLE_EQ(criterion.pass[0][0].limit, 250e6);
}

}  // namespace
}  // namespace weir::scenarios
