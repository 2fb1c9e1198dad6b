#include "monitor/crew.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "monitor/config/config_change.h"

namespace weir::monitor {
namespace {

// The one that was made for it, if there is one.
std::shared_ptr<Courier> FindCourier(const std::vector<std::shared_ptr<Courier>>& couriers,
                                     const ChannelSpec& channel) {
  const auto found = std::find_if(couriers.begin(), couriers.end(), [&](const auto& courier) {
    return courier->channel() == channel;
  });
  return found == couriers.end() ? nullptr : *found;
}

std::shared_ptr<Courier> FindCourier(const std::vector<std::shared_ptr<Courier>>& couriers,
                                     std::string_view name) {
  const auto found = std::find_if(couriers.begin(), couriers.end(), [&](const auto& courier) {
    return courier->channel().name == name;
  });
  return found == couriers.end() ? nullptr : *found;
}

std::shared_ptr<Poller> FindPoller(const std::vector<std::shared_ptr<Poller>>& pollers,
                                   const SourceSpec& source) {
  const auto found = std::find_if(pollers.begin(), pollers.end(),
                                  [&](const auto& poller) { return poller->spec() == source; });
  return found == pollers.end() ? nullptr : *found;
}

template <typename T>
bool Contains(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool AsksHistory(const AlertRule& rule) {
  return std::holds_alternative<GateSpec>(rule.engine) ||
         (rule.after && rule.after->kind != TriggerKind::kAlert);
}

}  // namespace

Result<std::shared_ptr<const Crew>> CrewMaker::Make(MonitorConfig config, const Crew& before) {
  auto crew = std::make_shared<Crew>();
  crew->config = std::move(config);
  for (SourceSpec& source : crew->config.sources) {
    if (source.kind == SourceKind::kHistory && source.path.empty()) {
      source.path = parts_.store_path;
    }
  }
  crew->asks_history =
      std::any_of(crew->config.rules.begin(), crew->config.rules.end(), AsksHistory);
  if (Status added = AddCouriers(before, *crew); !added) {
    return tl::unexpected(added.error());
  }
  AddPollers(before, *crew);
  crew->history = MakeHistory(before, *crew);
  return std::shared_ptr<const Crew>(std::move(crew));
}

Status CrewMaker::AddCouriers(const Crew& before, Crew& crew) {
  // All senders first: one that cannot be made leaves everything as it was.
  std::vector<std::unique_ptr<Sender>> senders;
  for (const ChannelSpec& channel : crew.config.channels) {
    if (FindCourier(before.couriers, channel) != nullptr) {
      senders.emplace_back();
      continue;
    }
    Result<std::unique_ptr<Sender>> sender = MakeSender(channel, parts_.clock);
    if (!sender) {
      return tl::unexpected(sender.error());
    }
    senders.push_back(std::move(*sender));
  }
  for (std::size_t i = 0; i < senders.size(); ++i) {
    const ChannelSpec& channel = crew.config.channels[i];
    crew.couriers.push_back(
        senders[i] == nullptr
            ? FindCourier(before.couriers, channel)
            : std::make_shared<Courier>(
                  channel, std::move(senders[i]), ++parts_.seed,
                  Courier::Parts{.book = parts_.book,
                                 .clock = parts_.clock,
                                 .log = parts_.log,
                                 .after = FindCourier(before.couriers, channel.name)}));
  }
  return {};
}

void CrewMaker::AddPollers(const Crew& before, Crew& crew) {
  for (const SourceSpec& source : crew.config.sources) {
    if (auto same = FindPoller(before.pollers, source)) {
      crew.pollers.push_back(std::move(same));
      crew.rum = source.kind == SourceKind::kRum ? before.rum : crew.rum;
      crew.otlp = source.kind == SourceKind::kOtlp ? before.otlp : crew.otlp;
      continue;
    }
    std::unique_ptr<Source> made;
    if (source.kind == SourceKind::kRum) {
      crew.rum = std::make_shared<RumIntake>(source.origins, source.rum, parts_.clock);
      made = crew.rum->MakeSource();
    } else if (source.kind == SourceKind::kOtlp) {
      crew.otlp = std::make_shared<OtlpIntake>(parts_.clock);
      made = crew.otlp->MakeSource();
    } else {
      made = MakeSource(source, parts_.clock);
    }
    crew.pollers.push_back(std::make_shared<Poller>(
        source, std::move(made),
        Poller::Parts{.clock = parts_.clock, .seed = ++parts_.seed, .arrived = [] {}}));
  }
}

// For rules that are new, and those that had not learnt from the past yet.
std::shared_ptr<HistoryLearner> CrewMaker::MakeHistory(const Crew& before, const Crew& crew) const {
  const auto same = SameRules(before.config, crew.config);
  std::vector<HistoryLearner::Lesson> lessons;
  for (std::size_t i = 0; i < crew.config.rules.size(); ++i) {
    const AlertRule& rule = crew.config.rules[i];
    const bool has_learnt =
        same[i] && (before.history == nullptr || before.history->HasLearnt(*same[i]));
    if (has_learnt || rule.source >= crew.config.sources.size()) {
      continue;
    }
    const SourceSpec& source = crew.config.sources[rule.source];
    if (PlanHistory(rule, source, HistoryLesson::kInstantsMax)) {
      lessons.push_back({{.rule = i, .spec = rule, .query = source.queries.at(rule.query)},
                         crew.pollers[rule.source]});
    }
  }
  return lessons.empty() ? nullptr
                         : std::make_shared<HistoryLearner>(std::move(lessons), parts_.clock);
}

void StopLeaving(const Crew& before, const Crew& now) {
  for (const auto& poller : before.pollers) {
    if (!Contains(now.pollers, poller)) {
      poller->Stop();
    }
  }
  if (before.history != nullptr) {
    before.history->Stop();
  }
  for (const auto& courier : before.couriers) {
    if (!Contains(now.couriers, courier)) {
      courier->Stop();
    }
  }
}

}  // namespace weir::monitor
