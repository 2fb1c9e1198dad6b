#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "monitor/alerts/flap_damper.h"
#include "monitor/alerts/label_matcher.h"

/// To whom an alert goes: a tree of routes as in Alertmanager. Pure.
/// Source: Alertmanager 0.25, dispatch/route.go. Checked against: `amtool config routes test`,
/// tests/monitor/routing_tree_amtool_test.cc.
namespace weir::monitor {

/// A route as it is written. What is absent is taken over from the route above.
struct RouteSpec {
  std::vector<LabelMatcher> matchers;  ///< All must match.
  std::optional<std::string> receiver;
  std::optional<std::vector<std::string>> group_by;  ///< Names of labels; "...": all of them.
  std::optional<Nanos> group_wait;                   ///< >= 0.
  std::optional<Nanos> group_interval;               ///< > 0.
  std::optional<Nanos> repeat_interval;              ///< > 0.
  std::vector<std::size_t> mute_times = {};          ///< Of RouteOptions; not taken over.
  std::vector<std::size_t> active_times = {};
  std::optional<bool> digest = {};
  std::optional<FlapLimits> flapping = {};
  bool continues = false;  ///< Look at the next sibling as well.
  std::vector<RouteSpec> routes;
};

/// How alerts that took a route are told.
struct RouteOptions {
  std::string receiver;
  std::vector<std::string> group_by;  ///< Alerts with the same values of these are told together.
  bool groups_by_all = false;         ///< Each set of labels alone.

  /// From the first alert of a group until it is told, for others to join. Alertmanager's 30 s are
  /// for alerts that come one by one; ours come in one batch (alert_notifier.h).
  Nanos group_wait{0};
  Nanos group_interval = std::chrono::minutes(5);  ///< Between two messages of a group, at least.
  Nanos repeat_interval = std::chrono::hours(4);   ///< What still fires is told again after this.

  /// Intervals of NotificationPolicy by number. In one of the first, and where there are any of the
  /// second outside of all of those, alerts that take the route are muted.
  std::vector<std::size_t> mute_times = {};
  std::vector<std::size_t> active_times = {};

  std::optional<FlapLimits> flapping = {};  ///< Instead of those of the policy.
  bool digest = false;                      ///< Told together once in a while (digest.h).
};

class RoutingTree {
 public:
  static constexpr std::size_t kRoutesMax = 10'000;
  static constexpr std::size_t kDepthMax = 32;

  /// Errors: kUsage: a root without receiver, with matchers, `continue` or times, a receiver that
  /// is not among `receivers`, a span out of range, more routes than the limits.
  static Result<RoutingTree> Create(const RouteSpec& root, std::span<const std::string> receivers);

  /// The routes that an alert takes, by number, in the order of the tree; at least one: the deepest
  /// that match, and after a route with `continue` its siblings' too. Cost: O(routes).
  std::vector<std::size_t> Match(const Labels& labels) const;

  /// Of a route that Match returned.
  const RouteOptions& options(std::size_t route) const { return nodes_[route].options; }

 private:
  struct Node {
    std::vector<LabelMatcher> matchers;
    RouteOptions options;
    bool continues = false;
    std::vector<std::size_t> children;
  };

  Result<std::size_t> Add(const RouteSpec& spec, const RouteOptions& above, std::size_t depth);
  bool MatchBelow(std::size_t node, const Labels& labels, std::vector<std::size_t>& taken) const;

  std::vector<Node> nodes_;  // The root is the first.
};

}  // namespace weir::monitor
