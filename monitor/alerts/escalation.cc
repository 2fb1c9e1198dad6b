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

// One group on its way.
class Chain {
 public:
  Chain(const EscalationInput& input, std::size_t route)
      : input_(input), plan_(input.plan_of(route)), route_(route) {}

  /// From step `next` on, counted over all rounds: the first that may be told when its wait has
  /// passed, else `next` itself.
  void Await(std::size_t next, EscalationState& state) const {
    state.next = next;
    state.due_at = next < End() ? std::optional(input_.at + WaitOf(next)) : std::nullopt;
    for (std::size_t step = next; step < End(); ++step) {
      if (MayTell(step, input_.at + WaitOf(step))) {
        state.next = step;
        state.due_at = input_.at + WaitOf(step);
        return;
      }
    }
  }

  /// Of those that are left and whose wait has passed, the first that may be told now; nothing:
  /// none.
  std::optional<std::size_t> FirstNow(const EscalationState& state) const {
    const WallTime waits_since = *state.due_at - WaitOf(state.next);
    for (std::size_t step = state.next; step < End(); ++step) {
      if (input_.at >= waits_since + WaitOf(step) && MayTell(step, input_.at)) {
        return step;
      }
    }
    return std::nullopt;
  }

  std::size_t steps() const { return plan_.waits.size(); }

 private:
  std::size_t End() const { return steps() * plan_.rounds; }

  Nanos WaitOf(std::size_t step) const { return plan_.waits[step % steps()]; }

  bool MayTell(std::size_t step, WallTime at) const {
    return !input_.may_tell || input_.may_tell(route_, step % steps(), at);
  }

  const EscalationInput& input_;
  const EscalationPlan& plan_;
  std::size_t route_;
};

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
    const Chain chain(input, key.route);
    if (!runs) {
      if (IsTold(input.told, key)) {
        chain.Await(0, group.escalation ? *group.escalation : group.escalation.emplace());
      }
      continue;
    }
    EscalationState& state_now = *group.escalation;
    if (input.at < *state_now.due_at) {
      continue;
    }
    const std::optional<std::size_t> next = chain.FirstNow(state_now);
    if (!next) {
      continue;
    }
    const std::size_t step = *next % chain.steps();
    due.push_back({key, step, *next / chain.steps(), std::move(open)});
    state_now.told.insert(step);
    chain.Await(*next + 1, state_now);
  }
  return due;
}

}  // namespace weir::monitor
