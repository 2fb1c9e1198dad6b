#include "monitor/alerts/escalation.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace weir::monitor {
namespace {

std::vector<Labels> OpenOf(const std::set<Labels>& told, const std::set<Labels>& open) {
  std::vector<Labels> both;
  std::set_intersection(told.begin(), told.end(), open.begin(), open.end(),
                        std::back_inserter(both));
  return both;
}

// Whether the group is told of just now.
bool IsTold(std::span<const Notification> told, const GroupKey& key) {
  return std::any_of(told.begin(), told.end(), [&key](const Notification& notification) {
    return notification.route == key.route && notification.group == key.labels;
  });
}

void Begin(const EscalationPlan& plan, WallTime at, GroupState& group) {
  if (!group.escalation) {
    group.escalation.emplace();
  }
  group.escalation->next = 0;
  group.escalation->due_at = at + plan.waits.front();
}

}  // namespace

std::vector<EscalationDue> StepEscalations(const EscalationInput& input, NotifierState& state) {
  std::vector<EscalationDue> due;
  for (auto& [key, group] : state.groups) {
    const EscalationPlan& plan = input.plan_of(key.route);
    if (plan.waits.empty() || group.told.empty()) {
      group.escalation.reset();
      continue;
    }
    std::vector<Labels> open;
    if (!input.is_muted(key.route)) {
      open = OpenOf(group.told, input.open);
    }
    if (input.is_digested) {
      std::erase_if(open, [&](const Labels& alert) { return input.is_digested(key.route, alert); });
    }
    const bool runs = group.escalation && group.escalation->due_at;
    if (open.empty()) {
      if (runs) {
        group.escalation->due_at.reset();
      }
      continue;
    }
    if (!runs) {
      if (IsTold(input.told, key)) {
        Begin(plan, input.at, group);
      }
      continue;
    }
    EscalationState& chain = *group.escalation;
    if (input.at < *chain.due_at) {
      continue;
    }
    const std::size_t steps = plan.waits.size();
    const std::size_t step = chain.next % steps;
    due.push_back({key, step, chain.next / steps, std::move(open)});
    chain.told = std::max(chain.told, step + 1);
    ++chain.next;
    chain.due_at = chain.next < steps * plan.rounds
                       ? std::optional(input.at + plan.waits[chain.next % steps])
                       : std::nullopt;
  }
  return due;
}

}  // namespace weir::monitor
