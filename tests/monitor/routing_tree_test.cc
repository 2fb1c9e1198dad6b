#include "monitor/alerts/routing_tree.h"

#include <gtest/gtest.h>

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

LabelMatcher Matcher(std::string_view text) {
  const Result<LabelMatcher> matcher = LabelMatcher::Parse(text);
  EXPECT_TRUE(matcher) << text;
  return *matcher;
}

std::string ErrorOf(const RouteSpec& root) {
  const std::vector<std::string> receivers = {"all", "web"};
  const Result<RoutingTree> tree = RoutingTree::Create(root, receivers);
  return tree ? "" : tree.error().message;
}

TEST(LabelMatcherTest, MissingLabelsAreEmpty) {
  EXPECT_TRUE(Matcher("team=\"\"").Matches({}));
  EXPECT_FALSE(Matcher("team!=\"\"").Matches({}));
  EXPECT_TRUE(Matcher("team=~\"web|\"").Matches({}));
  EXPECT_TRUE(Matcher("team!~\".+\"").Matches({}));
}

TEST(LabelMatcherTest, ExpressionsMatchTheWholeValue) {
  EXPECT_FALSE(Matcher("team=~web").Matches({{"team", "webshop"}}));
  EXPECT_TRUE(Matcher("team=~\"web.*\"").Matches({{"team", "webshop"}}));
  EXPECT_FALSE(Matcher("team=~\"a|b\"").Matches({{"team", "ab"}}));
}

TEST(LabelMatcherTest, ReadsEscapesAndSpace) {
  EXPECT_TRUE(Matcher(" text = \"a\\\"b\\\\c\\nd\\e\" ").Matches({{"text", "a\"b\\c\nd\\e"}}));
  EXPECT_TRUE(Matcher("text=plain value").Matches({{"text", "plain value"}}));
}

TEST(LabelMatcherTest, SaysWhatIsWrong) {
  const auto error = [](std::string_view text) {
    const Result<LabelMatcher> matcher = LabelMatcher::Parse(text);
    return matcher ? "" : matcher.error().message;
  };
  EXPECT_EQ(error("team"), "'team' is not a matcher; write name=\"value\", with =, !=, =~ or !~");
  EXPECT_EQ(error("1a=b"), "'1a' is not the name of a label; write letters, digits and '_'");
  EXPECT_EQ(error("a=\"b"),
            "cannot read the matcher 'a=\"b': a quote inside the value is written \\\"");
  EXPECT_EQ(error("a=\"b\\\""),
            "cannot read the matcher 'a=\"b\\\"': the quote at the end is "
            "escaped by the backslash before it");
  EXPECT_EQ(error("a=~\"(\""), "'(' is not a regular expression: missing ): (");
}

TEST(RoutingTreeTest, WhatIsAbsentIsTakenFromAbove) {
  RouteSpec web{.matchers = {Matcher("team=web")}, .receiver = "web"};
  web.group_by = {"..."};
  web.group_wait = 3s;
  RouteSpec below{.matchers = {Matcher("severity=page")}};
  below.repeat_interval = 10min;
  web.routes = {below};
  RouteSpec root{.receiver = "all"};
  root.group_by = {"service", "alertname"};
  root.routes = {web};
  const std::vector<std::string> receivers = {"all", "web"};
  const Result<RoutingTree> tree = RoutingTree::Create(root, receivers);
  ASSERT_TRUE(tree) << tree.error().message;

  const auto taken = tree->Match({{"team", "web"}, {"severity", "page"}});
  ASSERT_EQ(taken.size(), 1U);
  const RouteOptions& options = tree->options(taken[0]);
  EXPECT_EQ(options.receiver, "web");
  EXPECT_TRUE(options.groups_by_all);
  EXPECT_EQ(options.group_wait, 3s);
  EXPECT_EQ(options.group_interval, 5min);
  EXPECT_EQ(options.repeat_interval, 10min);
  const RouteOptions& other = tree->options(tree->Match({{"team", "db"}})[0]);
  EXPECT_EQ(other.group_by, (std::vector<std::string>{"alertname", "service"}));
}

TEST(RoutingTreeTest, RefusesTreesThatLoseAlerts) {
  EXPECT_EQ(ErrorOf({}), "the first route has no receiver; name the one for all other alerts");
  EXPECT_EQ(ErrorOf({.matchers = {Matcher("a=b")}, .receiver = "all"}),
            "the first route takes every alert; write matchers and 'continue' below it");
  RouteSpec root{.receiver = "all"};
  root.routes = {{.receiver = "wbe"}};
  EXPECT_EQ(ErrorOf(root), "a route goes to 'wbe', and there is no such receiver; define it");
  root.routes = {{.receiver = "web"}};
  root.routes[0].group_interval = 0s;
  EXPECT_EQ(ErrorOf(root),
            "'group_interval' or 'repeat_interval' of a route is zero; write at least 1s");
  root.routes[0] = {};
  root.routes[0].group_by = {"a", "b", "a"};
  EXPECT_EQ(ErrorOf(root), "a label stands twice in 'group_by' of a route; name it once");
}

TEST(RoutingTreeTest, DepthHasALimit) {
  RouteSpec spec;
  for (std::size_t i = 1; i < RoutingTree::kDepthMax; ++i) {
    RouteSpec above;
    above.routes = {spec};
    spec = above;
  }
  spec.receiver = "all";
  EXPECT_EQ(ErrorOf(spec), "");
  RouteSpec deeper{.receiver = "all"};
  spec.receiver.reset();
  deeper.routes = {spec};
  EXPECT_NE(ErrorOf(deeper), "");
}

}  // namespace
}  // namespace weir::monitor
