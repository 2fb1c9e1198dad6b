#include "cli/report_pairs.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "analysis/comparison.h"
#include "cli/selectors.h"

namespace weir::cli {
namespace {

/// Of all builds beside each other; what is not among them, `weir compare` says.
constexpr std::size_t kPairsMax = 30;

/// Fewer say nothing of how much runs differ by themselves.
constexpr std::size_t kRunsMin = 2;

/// A build's runs in order of start, and the pages that they were taken from.
struct Side {
  std::vector<std::size_t> pages;
  std::vector<Run> runs;
};

// The builds of each scenario, by their newest run. Runs are moved, as their histograms are large.
std::vector<std::vector<Side>> TakeRuns(std::vector<reports::RunPage>& pages) {
  std::vector<std::size_t> order(pages.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::sort(order.begin(), order.end(), [&pages](std::size_t a, std::size_t b) {
    const Run& one = pages[a].run;
    const Run& other = pages[b].run;
    return std::pair(one.started_at, one.id) < std::pair(other.started_at, other.id);
  });
  std::map<std::string, std::map<std::string, Side>> scenarios;
  for (const std::size_t i : order) {
    const RunPlan& plan = pages[i].run.plan;
    if (!plan.build.empty()) {
      scenarios[plan.scenario][plan.build].pages.push_back(i);
    }
  }
  std::vector<std::vector<Side>> groups;
  for (auto& [scenario, builds] : scenarios) {
    std::vector<Side> sides;
    for (auto& [build, side] : builds) {
      if (side.pages.size() >= kRunsMin) {
        sides.push_back(std::move(side));
      }
    }
    const auto newest = [&order](const Side& side) {
      return std::find(order.begin(), order.end(), side.pages.back()) - order.begin();
    };
    std::sort(sides.begin(), sides.end(),
              [&](const Side& a, const Side& b) { return newest(a) < newest(b); });
    for (Side& side : sides) {
      for (const std::size_t i : side.pages) {
        side.runs.push_back(std::move(pages[i].run));
      }
    }
    groups.push_back(std::move(sides));
  }
  return groups;
}

}  // namespace

std::vector<reports::BuildPair> CompareBuilds(std::vector<reports::RunPage>& pages) {
  std::vector<std::vector<Side>> groups = TakeRuns(pages);
  std::size_t longest = 0;
  for (const std::vector<Side>& sides : groups) {
    longest = std::max(longest, sides.size());
  }
  std::vector<reports::BuildPair> pairs;
  for (std::size_t apart = 1; apart < longest; ++apart) {
    for (const std::vector<Side>& sides : groups) {
      for (std::size_t b = sides.size(); b-- > apart && pairs.size() < kPairsMax;) {
        const std::vector<Run>& before = sides[b - apart].runs;
        const std::vector<Run>& after = sides[b].runs;
        pairs.push_back({IdsOf(before), IdsOf(after), analysis::Compare(before, after)});
      }
    }
  }
  for (std::vector<Side>& sides : groups) {
    for (Side& side : sides) {
      for (std::size_t i = 0; i < side.pages.size(); ++i) {
        pages[side.pages[i]].run = std::move(side.runs[i]);
      }
    }
  }
  return pairs;
}

}  // namespace weir::cli
