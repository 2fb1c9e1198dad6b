#include "monitor/alerts/channel_hours.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace weir::monitor {
namespace {

std::vector<Labels> Without(const std::set<Labels>& all, const std::set<Labels>& some) {
  std::vector<Labels> rest;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(), std::back_inserter(rest));
  return rest;
}

const Notification* FindTold(std::span<const Notification> told, const GroupKey& key) {
  const auto found = std::find_if(told.begin(), told.end(), [&key](const Notification& each) {
    return each.route == key.route && each.group == key.labels;
  });
  return found == told.end() ? nullptr : &*found;
}

// One group, for each of its channels.
class Teller {
 public:
  Teller(const ChannelHoursInput& input, const GroupKey& key, GroupState& group)
      : input_(input), key_(key), group_(group), told_(FindTold(input.told, key)) {
    for (const Labels& alert : group.told) {
      if (input.is_audible(key.route, alert)) {
        audible_.insert(alert);
      }
    }
  }

  std::optional<ChannelDue> Tell(const TimedChannel& channel) {
    ChannelTold& before = Before(channel.name);
    ChannelDue due{.channel = channel.name, .message = {}, .catches_up = told_ == nullptr};
    due.message.resolved = Without(before.told, group_.told);
    const bool all_ended =
        !before.told.empty() && due.message.resolved.size() == before.told.size();
    if (channel.is_open && told_ != nullptr) {
      due.message.firing = told_->firing;
      due.message.flaps = told_->flaps;
    } else if (channel.is_open && HasNews(before, due.message.resolved)) {
      due.message.firing.assign(audible_.begin(), audible_.end());
    }
    const bool others_were_told_now = channel.is_open && told_ != nullptr;
    if (due.message.firing.empty() &&
        !(all_ended || (others_were_told_now && !due.message.resolved.empty()))) {
      return std::nullopt;
    }
    Note(due.message, before);
    due.message.route = key_.route;
    due.message.group = key_.labels;
    due.message.number = group_.number;
    due.message.reason = told_ != nullptr ? told_->reason : NotifyReason::kNewAlerts;
    return due;
  }

 private:
  // What the channel was told before this step.
  ChannelTold& Before(const std::string& name) {
    const auto [item, is_new] = group_.channels.try_emplace(name);
    if (is_new && !(told_ != nullptr && told_->reason == NotifyReason::kFirst)) {
      item->second.told = group_.told;
      if (told_ != nullptr) {
        item->second.told.insert(told_->resolved.begin(), told_->resolved.end());
      }
      item->second.last_at = group_.last_at;
    }
    return item->second;
  }

  // While the others are told nothing.
  bool HasNews(const ChannelTold& before, const std::vector<Labels>& ended) const {
    const std::set<Labels>& told = before.told;
    const bool is_behind = !ended.empty() || !std::includes(told.begin(), told.end(),
                                                            audible_.begin(), audible_.end());
    const auto* looked_after = input_.acknowledged;
    const bool has_open =
        looked_after == nullptr || !std::includes(looked_after->begin(), looked_after->end(),
                                                  audible_.begin(), audible_.end());
    return is_behind || (has_open && before.last_at &&
                         input_.at - *before.last_at >= input_.repeat_interval(key_.route));
  }

  void Note(const Notification& message, ChannelTold& channel) const {
    for (const Labels& ended : message.resolved) {
      channel.told.erase(ended);
    }
    channel.told.insert(message.firing.begin(), message.firing.end());
    channel.last_at = input_.at;
  }

  const ChannelHoursInput& input_;
  const GroupKey& key_;
  GroupState& group_;
  const Notification* told_;
  std::set<Labels> audible_;
};

}  // namespace

std::vector<ChannelDue> StepChannelHours(const ChannelHoursInput& input, NotifierState& state) {
  std::vector<ChannelDue> due;
  for (auto& [key, group] : state.groups) {
    const std::vector<TimedChannel> channels = input.channels_of(key.route);
    std::erase_if(group.channels, [&channels](const auto& item) {
      return std::none_of(channels.begin(), channels.end(), [&item](const TimedChannel& channel) {
        return channel.name == item.first;
      });
    });
    if (channels.empty() || (group.told.empty() && FindTold(input.told, key) == nullptr)) {
      continue;
    }
    Teller teller(input, key, group);
    for (const TimedChannel& channel : channels) {
      if (std::optional<ChannelDue> one = teller.Tell(channel)) {
        due.push_back(std::move(*one));
      }
    }
    if (group.told.empty()) {
      group.channels.clear();
    }
  }
  return due;
}

}  // namespace weir::monitor
