// Our routes against those of Alertmanager: random trees, random labels, the same receivers in the
// same order. amtool is one process for each set of labels, so the fast suite has few of them.

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/rng.h"
#include "monitor/alerts/routing_tree.h"
#include "tests/monitor/program.h"
#include "tests/support/temp_dir.h"

#ifndef WEIR_AMTOOL_TREES
#define WEIR_AMTOOL_TREES 4
#define WEIR_AMTOOL_LABEL_SETS 5
#endif

namespace weir::monitor {
namespace {

constexpr std::size_t kTrees = WEIR_AMTOOL_TREES;
constexpr std::size_t kLabelSetsOfTree = WEIR_AMTOOL_LABEL_SETS;
constexpr std::string_view kNames[] = {"env", "service", "severity", "team_1"};
constexpr std::string_view kValues[] = {"", "x", "y", "xy", "x.y", "X", "web-1", "a b"};
constexpr std::string_view kExpressions[] = {"x|y",      "x.*",  ".+",    "",     "[xX]?y?",
                                             "web-\\d+", "x\\.", "(?i)x", ".* .", "x|xy|x.y"};

template <typename T, std::size_t N>
const T& AnyOf(const T (&items)[N], Rng& rng) {
  return items[rng.Below(N)];
}

/// A tree as both programs read it.
class RandomTree {
 public:
  explicit RandomTree(std::uint64_t seed) : rng_(seed) {
    yaml_ = "route:\n";
    root_ = Route(1, "  ");
    yaml_ += "receivers:\n";
    for (const std::string& receiver : receivers_) {
      yaml_ += fmt::format("- name: {}\n", receiver);
    }
  }

  const RouteSpec& root() const { return root_; }

  const std::vector<std::string>& receivers() const { return receivers_; }

  const std::string& yaml() const { return yaml_; }

  Labels RandomLabels() {
    Labels labels;
    for (const std::string_view name : kNames) {
      if (const std::string_view value = AnyOf(kValues, rng_); !value.empty()) {
        labels.emplace(name, value);
      }
    }
    return labels;
  }

 private:
  std::string MatcherText() {
    const std::string_view name = AnyOf(kNames, rng_);
    switch (rng_.Below(5)) {
      case 0:
        return fmt::format("{}=\"{}\"", name, AnyOf(kValues, rng_));
      case 1:
        return fmt::format("{} != {}", name, AnyOf(kValues, rng_));
      case 2:
        return fmt::format("{}!~\"{}\"", name, AnyOf(kExpressions, rng_));
      default:
        return fmt::format("{}=~\"{}\"", name, AnyOf(kExpressions, rng_));
    }
  }

  RouteSpec Route(int depth, const std::string& indent) {
    RouteSpec spec;
    if (depth == 1 || rng_.Below(4) != 0) {
      spec.receiver = fmt::format("r{}", receivers_.size());
      receivers_.push_back(*spec.receiver);
      yaml_ += fmt::format("{}receiver: {}\n", indent, *spec.receiver);
    }
    spec.continues = depth > 1 && rng_.Below(2) == 0;
    yaml_ += fmt::format("{}continue: {}\n{}matchers:", indent, spec.continues, indent);
    std::string matchers;
    for (std::uint64_t i = depth == 1 ? 0 : rng_.Below(3); i > 0; --i) {
      const std::string text = MatcherText();
      matchers += fmt::format("{}- '{}'\n", indent, text);
      Result<LabelMatcher> matcher = LabelMatcher::Parse(text);
      EXPECT_TRUE(matcher) << text;
      spec.matchers.push_back(*matcher);
    }
    yaml_ += matchers.empty() ? " []\n" : "\n" + matchers;
    const std::uint64_t children = depth == 4 ? 0 : rng_.Below(4) + (depth == 1 ? 2 : 0);
    if (children > 0) {
      yaml_ += indent + "routes:\n";
    }
    for (std::uint64_t i = 0; i < children; ++i) {
      yaml_ += indent + "-\n";
      spec.routes.push_back(Route(depth + 1, indent + "  "));
    }
    return spec;
  }

  Rng rng_;
  std::vector<std::string> receivers_;
  std::string yaml_;
  RouteSpec root_;
};

std::string Receivers(const RoutingTree& tree, const Labels& labels) {
  std::string receivers;
  for (const std::size_t route : tree.Match(labels)) {
    receivers += (receivers.empty() ? "" : ",") + tree.options(route).receiver;
  }
  return receivers;
}

std::string LastLine(std::string text) {
  while (text.ends_with('\n')) {
    text.pop_back();
  }
  return text.substr(text.rfind('\n') + 1);
}

TEST(RoutingTreeAmtoolTest, RandomLabelsTakeTheSameRoutes) {
  const tests::TempDir dir;
  std::size_t routed_below_root = 0;
  for (std::size_t tree_index = 0; tree_index < kTrees; ++tree_index) {
    RandomTree random(tree_index + 1);
    const Result<RoutingTree> tree = RoutingTree::Create(random.root(), random.receivers());
    ASSERT_TRUE(tree) << tree.error().message;
    const std::string config = dir.Write("alertmanager.yml", random.yaml());
    for (std::size_t i = 0; i < kLabelSetsOfTree; ++i) {
      const Labels labels = random.RandomLabels();
      std::string line = "amtool config routes test --config.file=" + config;
      for (const auto& [name, value] : labels) {
        line += fmt::format(" '{}=\"{}\"'", name, value);
      }
      const tests::ProgramResult result = tests::RunProgram(line);
      ASSERT_EQ(result.status, 0) << line << "\n" << result.output << random.yaml();
      const std::string ours = Receivers(*tree, labels);
      EXPECT_EQ(ours, LastLine(result.output)) << line << "\n" << random.yaml();
      routed_below_root += ours == "r0" ? 0U : 1U;
    }
  }
  EXPECT_GE(routed_below_root, kTrees * kLabelSetsOfTree / 4);
}

}  // namespace
}  // namespace weir::monitor
