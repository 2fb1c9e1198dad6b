#include "monitor/alerts/routing_tree.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace weir::monitor {
namespace {

constexpr std::string_view kAllLabels = "...";

Status ApplyGrouping(const std::vector<std::string>& group_by, RouteOptions& options) {
  std::vector<std::string> sorted = group_by;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    return UsageError("a label stands twice in 'group_by' of a route; name it once");
  }
  options.groups_by_all = std::find(sorted.begin(), sorted.end(), kAllLabels) != sorted.end();
  if (options.groups_by_all && sorted.size() > 1) {
    return UsageError("'group_by' of a route has '...' (all labels) and others; write it alone");
  }
  options.group_by = options.groups_by_all ? std::vector<std::string>() : std::move(sorted);
  return {};
}

/// `above` with what `spec` says instead.
Result<RouteOptions> Applied(const RouteSpec& spec, const RouteOptions& above) {
  RouteOptions options = above;
  options.receiver = spec.receiver.value_or(above.receiver);
  options.group_wait = spec.group_wait.value_or(above.group_wait);
  options.group_interval = spec.group_interval.value_or(above.group_interval);
  options.repeat_interval = spec.repeat_interval.value_or(above.repeat_interval);
  options.flapping = spec.flapping ? spec.flapping : above.flapping;
  options.digest = spec.digest.value_or(above.digest);
  options.mute_times = spec.mute_times;
  options.active_times = spec.active_times;
  if (options.group_wait < Nanos(0)) {
    return UsageError("'group_wait' of a route is below zero; write 0 or more");
  }
  if (options.group_interval <= Nanos(0) || options.repeat_interval <= Nanos(0)) {
    return UsageError(
        "'group_interval' or 'repeat_interval' of a route is zero; write at least 1s");
  }
  if (spec.group_by) {
    if (const Status grouped = ApplyGrouping(*spec.group_by, options); !grouped) {
      return tl::unexpected(grouped.error());
    }
  }
  return options;
}

Status CheckReceivers(const RouteSpec& spec, std::span<const std::string> receivers) {
  if (spec.receiver &&
      std::find(receivers.begin(), receivers.end(), *spec.receiver) == receivers.end()) {
    return UsageError(fmt::format("a route goes to '{}', and there is no such receiver; define it",
                                  Printable(*spec.receiver)));
  }
  for (const RouteSpec& below : spec.routes) {
    if (Status status = CheckReceivers(below, receivers); !status) {
      return status;
    }
  }
  return {};
}

}  // namespace

Result<RoutingTree> RoutingTree::Create(const RouteSpec& root,
                                        std::span<const std::string> receivers) {
  if (!root.receiver) {
    return UsageError("the first route has no receiver; name the one for all other alerts");
  }
  if (!root.matchers.empty() || root.continues) {
    return UsageError("the first route takes every alert; write matchers and 'continue' below it");
  }
  if (!root.mute_times.empty() || !root.active_times.empty()) {
    return UsageError("the first route is told at all times; write its intervals on one below it");
  }
  RoutingTree tree;
  if (const Result<std::size_t> added = tree.Add(root, {}, 1); !added) {
    return tl::unexpected(added.error());
  }
  if (const Status status = CheckReceivers(root, receivers); !status) {
    return tl::unexpected(status.error());
  }
  return tree;
}

Result<std::size_t> RoutingTree::Add(const RouteSpec& spec, const RouteOptions& above,
                                     std::size_t depth) {
  if (depth > kDepthMax || nodes_.size() == kRoutesMax) {
    return UsageError(fmt::format("there are more than {} routes, or more than {} in each other",
                                  kRoutesMax, kDepthMax));
  }
  Result<RouteOptions> options = Applied(spec, above);
  if (!options) {
    return tl::unexpected(options.error());
  }
  const std::size_t index = nodes_.size();
  nodes_.push_back({spec.matchers, *options, spec.continues, {}});
  for (const RouteSpec& below : spec.routes) {
    Result<std::size_t> child = Add(below, *options, depth + 1);
    if (!child) {
      return child;
    }
    nodes_[index].children.push_back(*child);
  }
  return index;
}

std::vector<std::size_t> RoutingTree::Match(const Labels& labels) const {
  std::vector<std::size_t> taken;
  MatchBelow(0, labels, taken);
  return taken;
}

bool RoutingTree::MatchBelow(std::size_t node, const Labels& labels,
                             std::vector<std::size_t>& taken) const {
  const Node& route = nodes_[node];
  if (!MatchesAll(route.matchers, labels)) {
    return false;
  }
  bool below = false;
  for (const std::size_t child : route.children) {
    if (MatchBelow(child, labels, taken)) {
      below = true;
      if (!nodes_[child].continues) {
        break;
      }
    }
  }
  if (!below) {
    taken.push_back(node);
  }
  return true;
}

}  // namespace weir::monitor
