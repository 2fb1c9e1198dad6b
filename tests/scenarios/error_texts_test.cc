#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "scenarios/gate_policy.h"
#include "scenarios/reader.h"
#include "tests/scenarios/golden_cases.h"

namespace weir::scenarios {
namespace {

class ErrorTextsTest : public testing::TestWithParam<const char*> {};

TEST_P(ErrorTextsTest, OfScenarioNameThePlaceAndTheFix) {
  ExpectGoldenErrors(GetParam(), [](std::string_view text) {
    const Result<Scenario> scenario = ReadScenario(text, "shop.yaml");
    return scenario ? "no error" : scenario.error().message;
  });
}

INSTANTIATE_TEST_SUITE_P(Scenarios, ErrorTextsTest,
                         testing::Values("document.txt", "target.txt", "steps.txt", "check.txt",
                                         "load.txt", "logic.txt", "connection.txt",
                                         "connections.txt", "thresholds.txt", "scenarios.txt"));

TEST(GatePolicyErrorTextsTest, NameThePlaceAndTheFix) {
  ExpectGoldenErrors("gate_policy.txt", [](std::string_view text) {
    const Result<GatePolicyFile> policy = ReadGatePolicy(text, "gate.yaml");
    return policy ? "no error" : policy.error().message;
  });
}

}  // namespace
}  // namespace weir::scenarios
