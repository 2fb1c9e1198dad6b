#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "scenarios/condition.h"
#include "scenarios/reader.h"

namespace weir::scenarios {
namespace {

using Kind = Jump::Kind;

std::vector<Action> Actions(const std::string& steps) {
  const Result<Scenario> scenario = ReadScenario(
      "steps:\n" + steps + "load: { stages: [ { users: 1, for: 1s } ] }\n", "shop.yaml");
  EXPECT_TRUE(scenario) << (scenario ? "" : scenario.error().message);
  return scenario ? scenario->flows[0].actions : std::vector<Action>();
}

Jump JumpAt(const std::vector<Action>& actions, std::size_t index) {
  return std::get<Jump>(actions.at(index));
}

TEST(LogicTest, ARepeatedBlockEndsWithAJumpToItsFirstStep) {
  const auto actions = Actions("- repeat: 3\n  steps: [ { get: /a }, { think: 1s } ]\n");
  ASSERT_EQ(actions.size(), 4U);
  EXPECT_EQ(JumpAt(actions, 0), (Jump{.kind = Kind::kEnter}));
  EXPECT_EQ(JumpAt(actions, 3), (Jump{.kind = Kind::kAgain, .to = 1, .times = 3}));
}

TEST(LogicTest, ABranchGoesPastTheOther) {
  const auto actions =
      Actions("- if: random(1, 2) == 1\n  steps: [ { get: /a } ]\n  else: [ { get: /b } ]\n");
  ASSERT_EQ(actions.size(), 4U);
  EXPECT_EQ(JumpAt(actions, 0),
            (Jump{.kind = Kind::kUnless, .to = 3, .condition = "random(1, 2) == 1"}));
  EXPECT_EQ(JumpAt(actions, 2), (Jump{.kind = Kind::kAlways, .to = 4}));
}

TEST(LogicTest, AWhileAsksBeforeEachPass) {
  const auto actions = Actions(
      "- get: /a\n  extract: { state: json $.state }\n"
      "- while: state != 'done'\n  at_most: 5\n  steps: [ { get: /b } ]\n");
  ASSERT_EQ(actions.size(), 5U);
  EXPECT_EQ(JumpAt(actions, 1), (Jump{.kind = Kind::kEnter}));
  EXPECT_EQ(JumpAt(actions, 2),
            (Jump{.kind = Kind::kUnless, .to = 5, .condition = "state != 'done'"}));
  EXPECT_EQ(JumpAt(actions, 4), (Jump{.kind = Kind::kAgain, .to = 2, .times = 5}));
}

TEST(LogicTest, LoopsWithinLoopsCountApart) {
  const auto actions = Actions(
      "- repeat: 2\n  steps:\n  - repeat: 3\n    steps: [ { get: /a } ]\n"
      "  - repeat: 4\n    steps: [ { get: /b } ]\n");
  EXPECT_EQ(JumpAt(actions, 0).loop, 0U);
  EXPECT_EQ(JumpAt(actions, 1).loop, 1U);
  EXPECT_EQ(JumpAt(actions, 4).loop, 1U);
  EXPECT_EQ(JumpAt(actions, 7).loop, 0U);
}

TEST(LogicTest, BothBranchesTogetherMakeAVariable) {
  EXPECT_EQ(Actions("- if: random(1, 2) == 1\n"
                    "  steps: [ { get: /a, extract: { id: header x-id } } ]\n"
                    "  else: [ { get: /b, extract: { id: header x-id } } ]\n"
                    "- get: /{{ id }}\n")
                .size(),
            5U);
}

TEST(LogicTest, AStepThatFollowsRedirectsHasASecondRow) {
  const auto scenario = ReadScenario(
      "cookies: user\ndefaults: { redirects: 2 }\n"
      "steps: [ { get: /a, name: a }, { get: /b, name: b, redirects: 0 } ]\n"
      "load: { stages: [ { users: 1, for: 1s } ] }\n"
      "thresholds: [ 'a (redirected): p(95) < 1s' ]\n",
      "shop.yaml");
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(scenario->cookies, Cookies::kUser);
  const std::vector<StepName> names = {{"main", "a"}, {"main", "a (redirected)"}, {"main", "b"}};
  EXPECT_EQ(scenario->StepNames(), names);
}

bool Asked(std::string_view text, std::string_view left, std::string_view right) {
  const Result<Condition> condition = ParseCondition(text);
  EXPECT_TRUE(condition) << text;
  return condition && Holds(condition->comparison, left, right);
}

TEST(ConditionTest, EqualityIsThatOfTexts) {
  EXPECT_TRUE(Asked("a == b", "x", "x"));
  EXPECT_FALSE(Asked("a == b", "1", "1.0"));
  EXPECT_TRUE(Asked("a != b", "1", "1.0"));
}

TEST(ConditionTest, OrderIsThatOfNumbers) {
  EXPECT_TRUE(Asked("a < b", "9", "10"));
  EXPECT_FALSE(Asked("a < b", "10", "10"));
  EXPECT_TRUE(Asked("a <= b", "10", "10"));
  EXPECT_TRUE(Asked("a > b", "-1", "-1.5"));
  EXPECT_TRUE(Asked("a >= b", "1e3", "1000"));
  EXPECT_FALSE(Asked("a < b", "", "1"));
  EXPECT_FALSE(Asked("a > b", "many", "1"));
}

TEST(ConditionTest, AnOperatorWithinQuotesIsText) {
  const Result<Condition> condition = ParseCondition("a == '<= '");
  ASSERT_TRUE(condition);
  EXPECT_EQ(condition->right.text, "<= ");
}

}  // namespace
}  // namespace weir::scenarios
